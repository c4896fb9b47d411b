import type { RouteReferences } from "./route_references.ts";

/** What a cookie is fitted to. */
export interface CookieOptions {
  readonly references: Pick<RouteReferences, "pathFor" | "prefix" | "upstream">;
  /** Whether the client reaches the proxy over TLS. */
  readonly isSecure: boolean;
  /** Whether the request was for the prefix without its slash, so that the cookie's default path is above the route. */
  readonly isPrefixAlone?: boolean;
}

/** All but white space, of which some clients know more than others. */
const VISIBLE = /[!-~]/;

/** Names that promise attributes, without which the cookie is not accepted: RFC 6265bis, section 4.1.3. */
const PROMISING = /^__(?:secure|host)-/i;

/**
 * Returns a Set-Cookie field's value that fits the proxy, so that the client accepts the cookie and sends it on the route and
 * on no other; undefined if it would not be sent to the upstream's paths that the route leads to.
 *
 * - Without Domain the cookie belongs to the host by which the client reached the proxy: RFC 6265, section 5.3.
 * - Without TLS the client would not send a cookie with Secure back, nor accept SameSite=None or Partitioned, which need it.
 */
export function fitCookie(
  value: string,
  { references, isSecure, isPrefixAlone }: CookieOptions,
): string | undefined {
  const [pair = "", ...attributes] = value.split(";");
  const kept = [pair];
  let path = isPrefixAlone ? withoutSlash(references.prefix) : undefined;
  for (const attribute of attributes) {
    const equals = attribute.indexOf("=");
    const name = trimmed(equals < 0 ? attribute : attribute.slice(0, equals));
    const text = equals < 0 ? "" : trimmed(attribute.slice(equals + 1));
    switch (name.toLowerCase()) {
      case "domain":
        continue;
      case "path": {
        // curl takes it out of quotes.
        const given = trimmed(text.replace(/^"/, "").replace(/"$/, ""));
        // Otherwise it is that of the request: RFC 6265, section 5.2.4.
        if (!given.startsWith("/")) continue;
        path = pathOnRoute(given, references);
        if (path === undefined) return undefined;
        continue;
      }
      case "secure":
      case "partitioned":
        if (isSecure || PROMISING.test(pair.trimStart())) break;
        continue;
      case "samesite":
        if (isSecure || text.toLowerCase() !== "none") break;
        continue;
    }
    kept.push(attribute);
  }
  // At the end, where it parts nothing that has to be found as a whole.
  if (path !== undefined) kept.push(` Path=${path}`);
  return kept.join(";");
}

/** Returns the Path of a cookie on the route; undefined if the route leads to no path for which the cookie is. */
function pathOnRoute(path: string, references: CookieOptions["references"]): string | undefined {
  const { prefix, upstream } = references;
  const folder = path.endsWith("/") ? path : `${path}/`;
  // Without its slash, so that it is also sent for the prefix alone; never for `/`, where other routes are.
  if (`${upstream.base}/`.startsWith(folder)) return withoutSlash(prefix);
  const found = references.pathFor(folder);
  return path === folder ? found : found?.slice(0, -1);
}

function withoutSlash(prefix: string): string {
  return prefix === "/" ? prefix : prefix.slice(0, -1);
}

/** Trims a text as any client may do. An expression for both ends would take quadratic time for what is between. */
function trimmed(text: string): string {
  const start = text.search(VISIBLE);
  if (start < 0) return "";
  let end = text.length;
  while (!VISIBLE.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}
