import type { Fields } from "../http/fields.ts";
import { hasDotLikeSegment } from "../http/dot_like_segment.ts";
import { isSecondPath, namesMethod, type OverrideKind, overrideKind } from "../http/override_names.ts";
import { matches, type Pattern } from "../http/pattern.ts";
import { Refusal } from "../http/refusal.ts";
import type { Target } from "./target.ts";

/** The requests that a route allows; undefined means all. */
export interface RoutePolicy {
  /** The route's prefix. */
  readonly path: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly paths: readonly Pattern[] | undefined;
  /** The base path restricts the path as well. */
  readonly upstream: { readonly base: string };
}

/** The parts of a request that a policy checks, exactly as they are forwarded. */
export interface PolicedRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: Pick<Fields, "forEach">;
}

/**
 * Checks that each of a route's policies allows a request.
 *
 * @throws {Refusal} `not_allowed` if one does not.
 */
export function assertPolicies(policies: readonly RoutePolicy[], request: PolicedRequest): void {
  for (let at = 0; at < policies.length; at++) assertPolicy(policies[at]!, request);
}

/**
 * Checks that a policy allows a request.
 *
 * @throws {Refusal} `not_allowed` if it does not.
 */
export function assertPolicy(
  { path: prefix, methods, paths, upstream }: RoutePolicy,
  { method, target, headers }: PolicedRequest,
): void {
  if (methods !== undefined) {
    if (!methods.has(method)) throw new Refusal("not_allowed", `the method ${method}`);
    if (namesMethod(target.query)) throw new Refusal("not_allowed", "a parameter that names a method");
    refuseFields("method", headers);
  }
  if (paths !== undefined || upstream.base !== "") {
    const path = target.path.slice(prefix.length);
    if (hasDotLikeSegment(path)) throw new Refusal("not_allowed", "a segment that resembles a dot-segment");
    if (paths !== undefined) assertPath(paths, target, path);
  }
  if (paths !== undefined) refuseFields("path", headers);
  else if (upstream.base !== "") assertBelow(upstream.base, headers);
}

/** Checks that a second resource is below the upstream's path. A Destination is, once it is rewritten. */
function assertBelow(base: string, fields: Pick<Fields, "forEach">): void {
  fields.forEach((value, name) => {
    if (!isSecondPath(name) || name === "destination") return;
    const path = value.startsWith("/") ? value : `/${value}`;
    const isBelow = path.startsWith(`${base}/`) && hasOneSpelling(path.slice(1).replace(/\?.*$/s, "")) &&
      !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path) && !hasDotLikeSegment(path);
    if (!isBelow) throw new Refusal("not_allowed", `the field ${name} with this value`);
  });
}

/** @param path The part after the route's prefix. */
function assertPath(paths: readonly Pattern[], target: Target, path: string): void {
  if (!hasOneSpelling(path)) throw new Refusal("not_allowed", "a path in an unusual spelling");
  const allowed = paths.some((each) =>
    (each.query === undefined || each.query === target.query) && matches(each, path)
  );
  if (!allowed) {
    throw new Refusal("not_allowed", `"${target.path}"${target.query === "" ? "" : " with this query"}`);
  }
}

function refuseFields(kind: OverrideKind, fields: Pick<Fields, "forEach">): void {
  fields.forEach((_value, name) => {
    if (overrideKind(name) === kind) throw new Refusal("not_allowed", `the field ${name}`);
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
    const decoded = decodeURIComponent(path);
    return separatorsIn(decoded.normalize("NFKC")) === separatorsIn(decoded);
  } catch {
    return false;
  }
}

/** Counts what separates the parts of a path. NFKC makes some of a full-width slash, for example. */
function separatorsIn(text: string): number {
  return text.split(/[/\\?#;%]/).length;
}
