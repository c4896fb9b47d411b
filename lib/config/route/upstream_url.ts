import { fail, failAll, ok, type Result } from "../../core/result.ts";
import { hostPort, inBrackets, parseHostPort } from "../../http/host.ts";
import type { Upstream } from "./route_config.ts";
import { checkUriPath } from "./uri_path.ts";

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Parses a route's upstream URL.
 *
 * The text is checked as written: `new URL()` would fold `https://a/../b`, tabs and `\` into something else and accept
 * the result. No message quotes the text, since it may hold a password.
 */
export function parseUpstream(text: string, path: string): Result<Upstream> {
  if (/[^\x21-\x7e]|\\/.test(text)) {
    const message = "must hold no white space, control character, backslash or letter beyond ASCII";
    return fail(path, "invalid_characters", message);
  }
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (parts === null) return fail(path, "invalid_scheme", "must begin with https:// or http://");
  const [, name = "", authority = "", uriPath = ""] = parts;
  if (authority.includes("@")) {
    return fail(path, "invalid_userinfo", "must hold no user and no password (the value is not shown)");
  }
  const address = parseHostPort(authority, path);
  if (!address.ok) return address;
  const problems = uriPath === "" ? [] : checkUriPath(uriPath, path);
  if (problems.length > 0) {
    return failAll(problems.map((each) => ({ ...each, message: `path ${each.message}` })));
  }
  const scheme = name.toLowerCase() === "https" ? "https" : "http";
  const { host, port = DEFAULT_PORTS[scheme] } = address.value;
  return ok({
    scheme,
    host,
    port,
    authority: port === DEFAULT_PORTS[scheme] ? inBrackets(host) : hostPort(host, port),
    base: uriPath.replace(/\/$/, ""),
  });
}

/** Returns the upstream's URL in its one spelling, for people. */
export function upstreamText(upstream: Upstream): string {
  return `${upstream.scheme}://${upstream.authority}${upstream.base}`;
}
