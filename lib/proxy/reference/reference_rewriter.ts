import { authorityFor, type ClientOrigin } from "./client_origin.ts";
import { hasDotSegments, leadsUp, removeDotSegments } from "./dot_segments.ts";
import { readReference } from "./read_reference.ts";
import { authorityOf, type Reference } from "./reference.ts";
import { rewriteField } from "./reference_fields.ts";
import type { ReferenceIndex } from "./reference_index.ts";
import type { RouteReferences } from "./route_references.ts";
import { fitCookie } from "./set_cookie.ts";

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
  reference(given: string): string {
    const { own } = this.#options;
    const { text, parsed, isElsewhere } = readReference(given, own.upstream.scheme);
    const reference = parsed ?? (isElsewhere ? undefined : this.#resolved(text));
    if (reference === undefined) return own.withoutToken(text, isElsewhere);
    const folded = { ...reference, path: withoutDots(reference.path) };
    return this.#toRoute(folded) ?? this.#atUpstream(folded) ?? own.withoutToken(text, isElsewhere);
  }

  /**
   * Resolves a reference that is relative to the path of the request, at the upstream: RFC 3986, section 5.2. Returns
   * undefined for one that leads to the same place from the client's path, as most do.
   */
  #resolved(text: string): Reference | undefined {
    const { own, path } = this.#options;
    const relative = beforeQuery(text);
    if (relative === "" || path === undefined) return undefined;
    if (!this.#isPrefixAlone && !leadsUp(relative)) return undefined;
    const rest = this.#isPrefixAlone ? "" : path.slice(own.prefix.length);
    const folder = rest.slice(0, rest.lastIndexOf("/") + 1);
    return { scheme: undefined, authority: undefined, path: `${own.upstream.base}/${folder}${text}` };
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

function beforeQuery(text: string): string {
  return text.slice(0, text.search(/[?#]|$/));
}

/** Returns a path, with query and fragment, without its dot-segments: in another folder they might lead out of the route. */
function withoutDots(path: string): string {
  const before = beforeQuery(path);
  return hasDotSegments(before) ? removeDotSegments(before) + path.slice(before.length) : path;
}
