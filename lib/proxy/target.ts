import { Refusal } from "../http/refusal.ts";

/** A request target in origin-form, as the client spelt it: RFC 9112, section 3.2.1. */
export interface Target {
  /** From the first `/`, up to the query. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

/**
 * A host as a name, an IPv4 address or an IPv6 address in brackets, with or without a port. Narrower than RFC 3986,
 * section 3.2.2: no percent-encoding and no sub-delims, which no known client sends and in which a URL could hide.
 */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

/** What RFC 3986, section 3.3, allows in a path, and what clients send there nonetheless: no control bytes, no `\`. */
const PLAIN_PATH = /^\/[!"$-[\]-~]*$/;

/**
 * A segment that is `.` or `..` in any spelling. Upstreams decode `%2e`, read `\`, `%5c` and `%2f` as `/`, and cut a
 * segment at `;`, each in its own way, so all of it counts.
 */
const DOT_SEGMENT = /(?:^|\/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:;[^/]*)?(?:\/|\\|%2f|%5c|$)/i;

/** What a query may hold: anything visible. It passes byte for byte. */
const PLAIN_QUERY = /^[!"$-~]*$/;

/** What the runtime puts before Host and target, by the kind of listener. */
const [TCP, UNIX] = ["http://", "http+unix://"];

/**
 * Parses the target of a request.
 *
 * The runtime gives `http://` (`http+unix://`) + Host + target as text and looks into neither part, so both are
 * validated here, and nothing is parsed as a URL: a URL parser folds `..`, `\` and tabs away, and the upstream would
 * then get another path than the one that was validated.
 *
 * @param url The runtime's text.
 * @param host The Host field's value.
 * @param method The request's method: in the runtime's text the target `*` of OPTIONS is a path like any other.
 * @throws {Refusal} `bad_request`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseTarget("http://h/a/b?c", "h"), { path: "/a/b", query: "?c" });
 * ```
 */
export function parseTarget(url: string, host: string | null, method = "GET"): Target {
  if (host === null || !HOST.test(host)) {
    throw new Refusal("bad_request", "its Host field is missing or not a host");
  }
  const scheme = url.startsWith(UNIX) ? UNIX : TCP;
  const start = scheme.length + host.length;
  // An absolute-form target replaces the runtime's whole text; one that names this host is the same request.
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
