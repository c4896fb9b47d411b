import { Refusal } from "../http/refusal.ts";
import { isHostField } from "../http/served_hosts.ts";

/** A request target in origin-form, exactly as the client sent it: RFC 9112, section 3.2.1. */
export interface Target {
  /** The path, up to the query. */
  readonly path: string;
  /** The query including its `?`, or empty. */
  readonly query: string;
}

/** What RFC 3986, section 3.3, allows in a path, and what clients send regardless; no control characters, no `\`. */
const PLAIN_PATH = /^\/[!"$-[\]-~]*$/;

/**
 * A segment that is `.` or `..` in any spelling. Some servers decode `%2e`, some treat `\`, `%5c` and `%2f` as `/`, and
 * some truncate a segment at `;`, so all of these are considered.
 */
const DOT_SEGMENT = /(?:^|\/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:;[^/]*)?(?:\/|\\|%2f|%5c|$)/i;

/** A query of visible characters, which is forwarded byte for byte. */
const PLAIN_QUERY = /^[!"$-~]*$/;

/** What the runtime prepends to Host and target, by the kind of listener. */
const [TCP, UNIX] = ["http://", "http+unix://"];

/**
 * Parses the target of a request.
 *
 * The runtime provides `http://` (`http+unix://`) + Host + target without validating either, so both are validated here.
 * Nothing is parsed as a URL: a URL parser would normalize `..`, `\` and tabs, and the upstream would get a different path
 * from the one that was validated.
 *
 * @param url The URL that the runtime provides.
 * @param host The Host field's value.
 * @param method The request's method, which is needed to recognize the target `*` of OPTIONS.
 * @throws {Refusal} `bad_request` if the target or the Host field is invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseTarget("http://h/a/b?c", "h"), { path: "/a/b", query: "?c" });
 * ```
 */
export function parseTarget(url: string, host: string | null, method = "GET"): Target {
  if (host === null || !isHostField(host)) {
    throw new Refusal("bad_request", "its Host field is missing or not a host");
  }
  const scheme = url.startsWith(UNIX) ? UNIX : TCP;
  const start = scheme.length + host.length;
  // An absolute-form target replaces the runtime's whole URL; if it names this host, the request is the same.
  if (!url.startsWith(scheme) || !url.startsWith(host, scheme.length) || url[start] !== "/") {
    throw new Refusal("bad_request", "its target is not a path");
  }
  const mark = url.indexOf("?", start);
  const path = mark < 0 ? url.slice(start) : url.slice(start, mark);
  const query = mark < 0 ? "" : url.slice(mark);
  if (!PLAIN_PATH.test(path) || !PLAIN_QUERY.test(query)) {
    throw new Refusal("bad_request", "its target holds a character that no URL may hold");
  }
  // RFC 9112, section 3.2.4.
  if (method === "OPTIONS" && path === "/*") throw new Refusal("bad_request", "its target is not a path");
  if (DOT_SEGMENT.test(path)) throw new Refusal("bad_request", "its path has dot-segments");
  return { path, query };
}
