import { fail, failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";
import { hostPort, inBrackets, parseHostPort } from "../../http/host.ts";
import { TOKEN_PLACEHOLDER } from "./placement.ts";
import type { Upstream } from "./upstream.ts";
import { checkUriPath } from "./uri_path.ts";

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Parses a route's upstream URL.
 *
 * Checks the text as written: `new URL()` would silently normalize `https://a/../b`, tabs and `\`. No message quotes the
 * text, since it may contain a password.
 */
export function parseUpstream(text: string, path: string): Result<Upstream> {
  if (/[^\x21-\x7e]|\\/.test(text)) {
    const message = "must contain only visible ASCII, and no backslash";
    return fail(path, "invalid_characters", message);
  }
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(text);
  if (parts === null) return fail(path, "invalid_scheme", "must begin with https:// or http://");
  const [, name = "", authority = "", uriPath = ""] = parts;
  if (authority.includes("@")) {
    return fail(path, "invalid_userinfo", "must not contain a user or password (the value is not shown)");
  }
  const address = parseHostPort(authority, path);
  if (!address.ok) return address;
  const problems = uriPath === "" ? [] : checkBase(uriPath, path);
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

/** Checks the path of an upstream, in which a placeholder may stand for a part of a segment; returns at most one problem. */
function checkBase(text: string, path: string): readonly Problem[] {
  const parts = text.split(TOKEN_PLACEHOLDER);
  if (parts.length > 2) {
    return [problem(path, "invalid_placeholder", `must contain ${TOKEN_PLACEHOLDER} only once`)];
  }
  // A token is sent without a slash, so it is a part of one segment.
  const problems = checkUriPath(parts.join("t"), path);
  if (problems.length === 0 || !/[{}]/.test(parts.join(""))) return problems;
  const message = `must not contain a brace, except for one ${TOKEN_PLACEHOLDER}`;
  return [problem(path, "invalid_placeholder", message)];
}

/** Returns the upstream's URL in canonical form, for display. */
export function upstreamText(upstream: Upstream): string {
  return `${upstream.scheme}://${upstream.authority}${upstream.base}`;
}

/** Reports whether what is sent to an upstream can be read on the way: without TLS, to another machine. */
export function isInClear({ scheme, host }: Upstream): boolean {
  return scheme === "http" && host !== "localhost" && host !== "::1" && !/^127\.[\d.]+$/.test(host);
}
