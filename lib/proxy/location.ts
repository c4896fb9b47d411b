import type { Upstream } from "../config/route/route_config.ts";

/** An absolute or scheme-relative reference, cut at its authority: RFC 3986, section 4.2. */
const WITH_AUTHORITY = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is;

/**
 * Rewrites a Location that points to the route's upstream so that it points to the route. Returns any other unchanged.
 *
 * Otherwise the client would bypass the proxy after a redirect, and have no credential for the upstream. The result is a
 * path (RFC 9110, section 10.2.2, allows it), since only the client knows the name by which it reaches the proxy.
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
  // A reference relative to the request's own path needs no rewriting.
  if (!path.startsWith("/")) return location;
  const { base } = upstream;
  const next = path[base.length];
  if (!path.startsWith(base) || (next !== undefined && !"/?#".includes(next))) return location;
  const rewritten = prefix + path.slice(next === "/" ? base.length + 1 : base.length);
  // Two leading slashes would begin a host: RFC 3986, section 4.2, which also shows how to avoid that. Browsers treat a
  // backslash as a slash.
  return /^\/[/\\]/.test(rewritten) ? `/.${rewritten}` : rewritten;
}

function sameAuthority(text: string, upstream: Upstream): boolean {
  const usual = upstream.scheme === "https" ? ":443" : ":80";
  const authority = text.toLowerCase();
  return (authority.endsWith(usual) ? authority.slice(0, -usual.length) : authority) === upstream.authority;
}
