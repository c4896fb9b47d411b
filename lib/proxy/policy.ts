import { matches, type Pattern } from "../http/pattern.ts";
import { Refusal } from "../http/refusal.ts";
import type { Target } from "./target.ts";

/** What a route allows; undefined means everything. */
export interface RoutePolicy {
  /** The route's prefix. */
  readonly path: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly paths: readonly Pattern[] | undefined;
}

/** What of a request a policy is about: exactly what is sent on. */
export interface PolicedRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: Pick<Headers, "forEach">;
}

/** Fields that make some servers treat a request as one with another method. */
const METHOD_FIELDS: ReadonlySet<string> = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
]);

/** Fields that make some servers treat a request as one for another path. */
const PATH_FIELDS: ReadonlySet<string> = new Set(["x-original-url", "x-rewrite-url", "x-original-uri"]);

/**
 * Refuses what the route does not allow.
 *
 * @throws {Refusal} `not_allowed`.
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

/** Underscores count as dashes: to CGI and its successors (RFC 3875, section 4.1.18) both are one name. */
function refuseFields(names: ReadonlySet<string>, fields: Pick<Headers, "forEach">): void {
  fields.forEach((_value, name) => {
    const usual = name.replaceAll("_", "-");
    if (names.has(usual)) throw new Refusal("not_allowed", `the field ${usual}`);
  });
}

/**
 * What a path may hold so that every server reads it alike: `pchar` without `;`, which to some begins parameters, and
 * single slashes. Percent-encoding is accepted for what can't stand in a path unencoded, and for characters that mean
 * the same in either spelling to whatever a wildcard stands for. It is refused for letters, digits and -._~, which
 * would be another spelling of a plain path, and for what some servers decode into the end of a segment or path:
 * controls, # % / ; ? \ (RFC 3986, sections 2.2 and 6.2.2).
 *
 * The slash as `%2F` passes on to the patterns, whose wildcards don't match it: only a pattern that spells it does.
 */
const ONE_SPELLING =
  /^(?:\/(?!\/)|[A-Za-z0-9\-._~!$&'()*+,=:@]|%2[Ff]|%(?:2[0-2468-9A-Ca-c]|27|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]|[89A-Fa-f][0-9A-Fa-f]))*$/;

function hasOneSpelling(path: string): boolean {
  if (path.startsWith("/") || !ONE_SPELLING.test(path)) return false;
  if (!path.includes("%")) return true;
  try {
    // Bytes that are not UTF-8 are read in more than one way: an overlong `%c0%af` is a slash to some.
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
