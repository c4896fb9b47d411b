import { TOKEN_PLACEHOLDER, tokenPlacement } from "../../config/route/placement.ts";
import type { RouteConfig, Upstream } from "../../config/route/route_config.ts";
import { isEqual } from "../../core/is_equal.ts";
import { foldParameter } from "../../http/credential_names.ts";
import { percentDecode, percentEncode } from "../../http/percent.ts";
import { withoutParameters } from "../../http/query.ts";
import type { TokenSource } from "../../tokens/token_source.ts";
import { pathBelow } from "./reference.ts";

/** The parts of a route that references to it depend on. */
export type ReferenceRoute = Pick<RouteConfig, "path" | "host" | "upstream" | "authQuery" | "signWith">;

/** What references to one route's upstream are to be, so that they lead to the route and do not hold its token. */
export class RouteReferences {
  /** The host by which the route is found instead of its prefix. */
  readonly host: string | undefined;
  /** The route's prefix. */
  readonly prefix: string;
  readonly upstream: Upstream;
  /** Whether URLs of the upstream hold the token. */
  readonly isSecret: boolean;
  readonly #token: Pick<TokenSource, "current" | "former">;
  /** The parameter that carries the token, folded. */
  readonly #parameter: string | undefined;

  constructor(route: ReferenceRoute, token: Pick<TokenSource, "current" | "former">) {
    const placement = tokenPlacement(route);
    this.host = route.host;
    this.prefix = route.path;
    this.upstream = route.upstream;
    this.isSecret = placement === "path";
    this.#token = token;
    if (placement === "query") this.#parameter = foldParameter(route.authQuery ?? "");
  }

  /**
   * Returns the path on the route that leads to a path at the upstream; undefined if none does.
   *
   * @param path From its first slash, with query and fragment.
   */
  pathFor(path: string): string | undefined {
    const { base } = this.upstream;
    const below = pathBelow(base, this.isSecret ? this.#withPlaceholder(path) : path);
    if (below === undefined) return undefined;
    const rewritten = this.withoutToken(this.prefix.slice(0, -1) + below);
    // Two leading slashes would begin a host: RFC 3986, section 4.2, which also shows how to avoid that. Browsers treat a
    // backslash as a slash.
    return /^\/[/\\]/.test(rewritten) ? `/.${rewritten}` : rewritten;
  }

  /**
   * Returns a reference without the parameter that carries the token.
   *
   * @param isElsewhere Whether it leads to another place, where the parameter means something else unless it holds the token.
   */
  withoutToken(reference: string, isElsewhere = false): string {
    const own = this.#parameter;
    if (own === undefined) return reference;
    const [, path = "", query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?/s.exec(reference) ?? [];
    const rest = withoutParameters(
      query,
      (name, value = "") =>
        foldParameter(name) === own && (!isElsewhere || this.#isToken(percentDecode(value))),
    );
    return path + rest + fragment;
  }

  /** Reports whether a text, decoded, is the route's token, or was. */
  #isToken(text: string): boolean {
    const { current, former } = this.#token;
    const known = current === undefined ? former : [current, ...former];
    return known.some((each) => isEqual(percentDecode(percentEncode(each.reveal())), text));
  }

  /** Returns a path with the placeholder instead of the token, if it begins with the base that holds the token. */
  #withPlaceholder(path: string): string {
    const [before = "", after = ""] = this.upstream.base.split(TOKEN_PLACEHOLDER);
    if (!path.startsWith(before)) return path;
    const end = before.length + path.slice(before.length).search(/[/?#]|$/);
    // What follows the token in its segment.
    const [suffix = ""] = after.split("/");
    const segment = path.slice(before.length, end);
    if (!segment.endsWith(suffix)) return path;
    const text = segment.slice(0, segment.length - suffix.length);
    if (!this.#isToken(percentDecode(text))) return path;
    return before + TOKEN_PLACEHOLDER + path.slice(before.length + text.length);
  }
}
