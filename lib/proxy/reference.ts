import { TOKEN_PLACEHOLDER, tokenPlacement } from "../config/route/placement.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import { isEqual } from "../core/is_equal.ts";
import type { Secret } from "../core/secret.ts";
import { foldParameter } from "../http/credential_names.ts";
import { percentDecode, percentEncode } from "../http/percent.ts";
import { withoutParameters } from "../http/query.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import { rewriteLocation } from "./location.ts";

/**
 * Rewrites the references in a field of a response, so that they lead to the route and do not hold its token. Returns the
 * value of any other field unchanged.
 *
 * @param name The field's name, in lower case.
 */
export type ReferenceRewriter = (name: string, value: string) => string;

/** The parts of a route that its references depend on. */
export type ReferenceRoute = Pick<RouteConfig, "path" | "upstream" | "authQuery" | "signWith">;

/** Returns the rewriter of a route. */
export function referenceRewriter(
  route: ReferenceRoute,
  token: Pick<TokenSource, "current" | "former">,
): ReferenceRewriter {
  const rewrite = rewriterOf(route, token);
  const placement = tokenPlacement(route);
  const hasTokenInTarget = placement === "query" || placement === "path";
  return (name, value) => {
    if (name === "location" || name === "content-location") return rewrite(value);
    // A server that continues a list names the next page by the target that it got: RFC 8288, section 3.
    if (name === "link" && hasTokenInTarget) {
      return value.replace(/<([^<>]*)>/g, (_, reference: string) => `<${rewrite(reference)}>`);
    }
    return value;
  };
}

function rewriterOf(
  route: ReferenceRoute,
  token: Pick<TokenSource, "current" | "former">,
): (reference: string) => string {
  const { upstream, path } = route;
  const isToken = (text: string) =>
    known(token).some((each) => isEqual(percentDecode(percentEncode(each.reveal())), text));
  switch (tokenPlacement(route)) {
    case "field":
    case "signature":
      return (reference) => rewriteLocation(reference, upstream, path);
    case "path":
      return (reference) =>
        rewriteLocation(withPlaceholder(reference, upstream.base, isToken), upstream, path);
    case "query": {
      const own = foldParameter(route.authQuery ?? "");
      return (reference) => {
        const rewritten = rewriteLocation(reference, upstream, path);
        const isElsewhere = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2})/.test(rewritten);
        return withoutParameter(rewritten, (name, value) =>
          // Elsewhere the parameter may mean something else, unless it holds the token.
          foldParameter(name) === own && (!isElsewhere || isToken(percentDecode(value))));
      };
    }
  }
}

function known({ current, former }: Pick<TokenSource, "current" | "former">): readonly Secret[] {
  return current === undefined ? former : [current, ...former];
}

/** Returns a reference with the placeholder instead of the token, if its path begins with the base that holds the token. */
function withPlaceholder(reference: string, base: string, isToken: (text: string) => boolean): string {
  const [before = "", after = ""] = base.split(TOKEN_PLACEHOLDER);
  const [authority] = /^(?:[A-Za-z]+:)?\/\/[^/?#\\]*/.exec(reference) ?? [""];
  if (!reference.startsWith(before, authority.length)) return reference;
  const start = authority.length + before.length;
  const end = start + reference.slice(start).search(/[/?#]|$/);
  // What follows the token in its segment.
  const [suffix = ""] = after.split("/");
  const segment = reference.slice(start, end);
  if (!segment.endsWith(suffix)) return reference;
  const text = segment.slice(0, segment.length - suffix.length);
  if (!isToken(percentDecode(text))) return reference;
  return reference.slice(0, start) + TOKEN_PLACEHOLDER + reference.slice(start + text.length);
}

/** Returns a reference without some parameters of its query. */
function withoutParameter(reference: string, isDropped: (name: string, value: string) => boolean): string {
  const [, path = "", query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(reference) ?? [];
  return path + withoutParameters(query, (name, value = "") => isDropped(name, value)) + fragment;
}
