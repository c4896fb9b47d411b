import { fail, failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";

/** `pchar` of RFC 3986, section 3.3, and the slash; no percent-encoding, so that a path has only one spelling. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/**
 * Checks a path in a route; returns at most one problem.
 *
 * The path is compared byte for byte with the client's request, so anything that some recipient might normalize into
 * another path (RFC 3986, section 6.2.2) is rejected.
 */
export function checkUriPath(text: string, path: string): readonly Problem[] {
  if (/[?#]/.test(text)) return [problem(path, "unexpected_query", "must have no query or fragment")];
  if (!text.startsWith("/")) return [problem(path, "leading_slash", "must begin with /")];
  if (text.includes("%")) {
    return [problem(path, "invalid_characters", "must not contain %: a path is compared byte for byte")];
  }
  if (!PLAIN.test(text)) {
    return [problem(path, "invalid_characters", "must contain only letters, digits and -._~!$&'()*+,;=:@/")];
  }
  if (text.includes("//")) return [problem(path, "empty_segment", "must not contain an empty segment (//)")];
  if (text.split("/").some((segment) => segment === "." || segment === "..")) {
    return [problem(path, "dot_segment", "must not contain the segments . and ..")];
  }
  return [];
}

/** Parses a route's prefix. */
export function parsePrefix(text: string, path: string): Result<string> {
  const problems = checkUriPath(text, path);
  if (problems.length > 0) return failAll(problems);
  return text.endsWith("/") ? ok(text) : fail(path, "trailing_slash", "must end with /");
}
