import { matches, type Pattern } from "../http/pattern.ts";
import { Refusal } from "../http/refusal.ts";
import type { Target } from "./target.ts";

/** What a route lets through; undefined: everything. */
export interface RoutePolicy {
  /** The route's prefix. */
  readonly path: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly paths: readonly Pattern[] | undefined;
}

/** Fields by which servers take a request for another method than its own. */
const METHOD_FIELDS: ReadonlySet<string> = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
]);

/** Fields by which servers take a request for another path than its own. */
const PATH_FIELDS: ReadonlySet<string> = new Set(["x-original-url", "x-rewrite-url", "x-original-uri"]);

/**
 * Refuses what the route does not allow, by the very method and target that are sent on.
 *
 * @param fields The agent's.
 */
export function assertPolicy(
  { path: prefix, methods, paths }: RoutePolicy,
  method: string,
  target: Target,
  fields: Pick<Headers, "forEach">,
): void {
  if (methods !== undefined) {
    if (!methods.has(method)) throw new Refusal("not_allowed", `the method ${method}`);
    refuseFields(METHOD_FIELDS, fields);
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
    refuseFields(PATH_FIELDS, fields);
  }
}

/** Underscores count as dashes: to CGI and what came after it (RFC 3875, section 4.1.18) both are one name. */
function refuseFields(names: ReadonlySet<string>, fields: Pick<Headers, "forEach">): void {
  fields.forEach((_value, name) => {
    const usual = name.replaceAll("_", "-");
    if (names.has(usual)) throw new Refusal("not_allowed", `the field ${usual}`);
  });
}

/**
 * What a path may hold so that every server reads it alike: `pchar` without `;`, behind which some see parameters, and
 * single slashes. Percent-encoded may be what can't stand there as it is, and what means the same in either spelling to
 * whatever a wildcard stands for; not a letter, digit or -._~, since those are another spelling of a plain path, and
 * nothing that some decode into the end of a segment or path: controls, # % / ; ? \ (RFC 3986, sections 2.2 and 6.2.2).
 *
 * The slash as `%2F` is let through to the patterns, whose wildcards don't take it: only one that spells it does.
 */
const ONE_SPELLING =
  /^(?:\/(?!\/)|[A-Za-z0-9\-._~!$&'()*+,=:@]|%2[Ff]|%(?:2[0-2468-9A-Ca-c]|27|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]|[89A-Fa-f][0-9A-Fa-f]))*$/;

function hasOneSpelling(path: string): boolean {
  if (path.startsWith("/") || !ONE_SPELLING.test(path)) return false;
  if (!path.includes("%")) return true;
  try {
    // Bytes that are no UTF-8 are read in more than one way: an overlong `%c0%af` is a slash to some.
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
