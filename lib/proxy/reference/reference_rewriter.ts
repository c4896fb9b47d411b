import { authorityFor, type ClientOrigin } from "./client_origin.ts";
import { authorityOf, parseReference, type Reference } from "./reference.ts";
import { rewriteField } from "./reference_fields.ts";
import type { ReferenceIndex } from "./reference_index.ts";
import type { RouteReferences } from "./route_references.ts";
import { fitCookie } from "./set_cookie.ts";

/** A reference that has a scheme or an authority. Browsers treat a backslash as a slash. */
const ELSEWHERE = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2})/;

/** A reference with a segment that leads up, and thus, once it is rewritten, perhaps out of the route. */
const CLIMBS = /(?:^|[/\\])(?:\.|%2e){2}(?:[/\\?#]|$)/i;

/** Returns a path with its dot-segments removed. */
function folded(path: string): string {
  const { pathname, search, hash } = new URL(`http://h${path}`);
  return pathname + search + hash;
}

/** What references in the response to one request depend on. */
export interface ReferenceOptions {
  /** The request's route. */
  readonly own: RouteReferences;
  /** Returns the index of the routes that the client may use. */
  readonly others: () => ReferenceIndex;
  readonly origin: ClientOrigin;
  /** The path of the request, as the client sent it. */
  readonly path?: string;
}

/**
 * Rewrites the references in the fields of a response, so that those to the upstream of a route lead to that route, and
 * none holds the token. Otherwise the client would bypass the proxy, and have no credential for the upstream.
 *
 * A URL stays a URL, under the Host that the client used, since some clients accept nothing else; a path stays a path.
 */
export class ReferenceRewriter {
  readonly #options: ReferenceOptions;

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  /**
   * Returns a field's value with its references rewritten; undefined for a cookie that is not for the route.
   *
   * @param name In lower case.
   */
  field(name: string, value: string): string | undefined {
    if (name !== "set-cookie") return rewriteField(name, value, this);
    const { own, origin } = this.#options;
    return fitCookie(value, {
      references: own,
      isSecure: origin.isSecure,
      isPrefixAlone: this.#isPrefixAlone,
    });
  }

  /** Whether the request was for the prefix without its slash, which asks the upstream for the path with it. */
  get #isPrefixAlone(): boolean {
    const { own, path } = this.#options;
    return own.host === undefined && path !== undefined && path.length < own.prefix.length;
  }

  /** Returns a reference as the client is to see it. */
  reference(text: string): string {
    const { own } = this.#options;
    const climbs = CLIMBS.test(text);
    const leavesRoute = climbs || (this.#isPrefixAlone && /^[^?#]/.test(text));
    const parsed = parseReference(text) ?? (leavesRoute ? this.#resolved(text) : undefined);
    const reference = parsed && climbs ? { ...parsed, path: folded(parsed.path) } : parsed;
    return (reference && (this.#toRoute(reference) ?? this.#atUpstream(reference))) ??
      own.withoutToken(text, ELSEWHERE.test(text));
  }

  /** Resolves a reference that is relative to the path of the request, at the upstream: RFC 3986, section 5.2. */
  #resolved(text: string): Reference | undefined {
    const { own, path } = this.#options;
    if (ELSEWHERE.test(text) || path === undefined) return undefined;
    const rest = this.#isPrefixAlone ? "" : path.slice(own.prefix.length);
    const { pathname, search, hash } = new URL(text, `http://h${own.upstream.base}/${rest}`);
    return { scheme: undefined, authority: undefined, path: pathname + search + hash };
  }

  /** Returns a path that no route leads to as a URL: for the client, that path may be on another route. */
  #atUpstream({ authority, path }: Reference): string | undefined {
    const { own } = this.#options;
    const { scheme, authority: upstream } = own.upstream;
    return authority === undefined ? own.withoutToken(`${scheme}://${upstream}${path}`) : undefined;
  }

  /** Returns a reference to the upstream of a route as one to that route; undefined for any other. */
  #toRoute(reference: Reference): string | undefined {
    const { own, others, origin } = this.#options;
    const authority = authorityOf(reference, own.upstream);
    const ownPath = authority === own.upstream.authority ? own.pathFor(reference.path) : undefined;
    if (ownPath !== undefined) return inForm(reference, origin, { authority: origin.host, path: ownPath });
    const other = others().find(authority, reference.path);
    const path = other?.pathFor(reference.path);
    if (other === undefined || path === undefined) return undefined;
    const to = authorityFor(origin, { from: own.host, to: other.host });
    return to && own.withoutToken(inForm(reference, origin, { authority: to, path }), true);
  }
}

/** Writes a reference in the form that another one has. */
function inForm(
  { scheme }: Reference,
  { host, isSecure }: ClientOrigin,
  { authority, path }: { authority: string; path: string },
): string {
  if (scheme === undefined) return authority === host ? path : `//${authority}${path}`;
  const kind = scheme.startsWith("ws") ? "ws" : "http";
  return `${kind}${isSecure ? "s" : ""}://${authority}${path}`;
}
