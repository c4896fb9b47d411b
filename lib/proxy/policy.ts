import { matches, type Pattern } from "../http/pattern.ts";
import { Refusal } from "../http/refusal.ts";
import type { Target } from "./target.ts";

/** The requests that a route allows; undefined means all. */
export interface RoutePolicy {
  /** The route's prefix. */
  readonly path: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly paths: readonly Pattern[] | undefined;
}

/** The parts of a request that a policy checks, exactly as they are forwarded. */
export interface PolicedRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: Pick<Headers, "forEach">;
}

/** Fields that make some servers handle a request as if it had another method. */
const METHOD_FIELDS: ReadonlySet<string> = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
]);

/** Fields that make some servers handle a request as if it had another path. */
const PATH_FIELDS: ReadonlySet<string> = new Set(["x-original-url", "x-rewrite-url", "x-original-uri"]);

/**
 * Checks that a route allows a request.
 *
 * @throws {Refusal} `not_allowed` if it does not.
 */
export function assertPolicy(
  { path: prefix, methods, paths }: RoutePolicy,
  { method, target, headers }: PolicedRequest,
): void {
  if (methods !== undefined) {
    if (!methods.has(method)) throw new Refusal("not_allowed", `the method ${method}`);
    refuseFields(METHOD_FIELDS, headers);
  }
  if (paths !== undefined) {
    const path = target.path.slice(prefix.length);
    if (!hasOneSpelling(path)) throw new Refusal("not_allowed", "a path in an unusual spelling");
    const allowed = paths.some((each) =>
      (each.query === undefined || each.query === target.query) && matches(each, path)
    );
    if (!allowed) {
      throw new Refusal("not_allowed", `"${target.path}"${target.query === "" ? "" : " with this query"}`);
    }
    refuseFields(PATH_FIELDS, headers);
  }
}

/** Rejects fields, with underscores or dashes: in CGI and its successors both are one name (RFC 3875, section 4.1.18). */
function refuseFields(names: ReadonlySet<string>, fields: Pick<Headers, "forEach">): void {
  fields.forEach((_value, name) => {
    const usual = name.replaceAll("_", "-");
    if (names.has(usual)) throw new Refusal("not_allowed", `the field ${usual}`);
  });
}

/**
 * A path that every server interprets alike: `pchar` without `;`, which begins parameters on some servers, and single
 * slashes. Percent-encoding is accepted for characters that a path can't contain unencoded, and for those that mean the
 * same in either spelling. It is rejected for letters, digits and -._~, whose encoding would be another spelling of a
 * plain path, and for characters that some servers decode into the end of a segment or path: controls, # % / ; ? \
 * (RFC 3986, sections 2.2 and 6.2.2).
 *
 * `%2F` is accepted here and left to the patterns: their wildcards don't match it, so a pattern must spell it out.
 */
const ONE_SPELLING =
  /^(?:\/(?!\/)|[A-Za-z0-9\-._~!$&'()*+,=:@]|%2[Ff]|%(?:2[0-2468-9A-Ca-c]|27|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]|[89A-Fa-f][0-9A-Fa-f]))*$/;

function hasOneSpelling(path: string): boolean {
  if (path.startsWith("/") || !ONE_SPELLING.test(path)) return false;
  if (!path.includes("%")) return true;
  try {
    // Servers differ over invalid UTF-8: some decode an overlong `%c0%af` to a slash.
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
