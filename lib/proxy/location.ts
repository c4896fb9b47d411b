import type { Upstream } from "../config/route/route_config.ts";

/** An absolute or scheme-relative reference, cut at its authority: RFC 3986, section 4.2. */
const WITH_AUTHORITY = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is;

/**
 * A Location that points at the route's own upstream, turned back to the route; any other is left as it is.
 *
 * Without this the agent would leave the proxy at the first redirect, with nothing to show to the upstream. The result
 * is a path (RFC 9110, section 10.2.2, allows it), since the agent knows best by which name it reaches the proxy.
 *
 * @param prefix The route's path.
 */
export function rewriteLocation(location: string, upstream: Upstream, prefix: string): string {
  const parts = WITH_AUTHORITY.exec(location);
  let path = location;
  if (parts !== null) {
    const scheme = (parts[1] ?? upstream.scheme).toLowerCase();
    if (scheme !== upstream.scheme || !sameAuthority(parts[2]!, upstream)) return location;
    path = parts[3]!.startsWith("/") ? parts[3]! : `/${parts[3]}`;
  }
  // A reference relative to the request's own path needs no turning.
  if (!path.startsWith("/")) return location;
  const { base } = upstream;
  const next = path[base.length];
  if (!path.startsWith(base) || (next !== undefined && !"/?#".includes(next))) return location;
  const turned = prefix + path.slice(next === "/" ? base.length + 1 : base.length);
  // Two slashes at the front would begin a host: RFC 3986, section 4.2, which says as well how to avoid it. Browsers
  // take a backslash for a slash.
  return /^\/[/\\]/.test(turned) ? `/.${turned}` : turned;
}

function sameAuthority(text: string, upstream: Upstream): boolean {
  const usual = upstream.scheme === "https" ? ":443" : ":80";
  const authority = text.toLowerCase();
  return (authority.endsWith(usual) ? authority.slice(0, -usual.length) : authority) === upstream.authority;
}
