import { fail, failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";

/** `pchar` of RFC 3986, section 3.3, and the slash; without percent-encoding, so that a path has one spelling only. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/**
 * Checks a URI path that a route names; returns at most one problem.
 *
 * The path is compared byte for byte with what the client requests, so anything that some party on the way might fold
 * into another path (RFC 3986, section 6.2.2) is rejected rather than folded.
 */
export function checkUriPath(text: string, path: string): readonly Problem[] {
  if (/[?#]/.test(text)) return [problem(path, "unexpected_query", "must have no query and no fragment")];
  if (!text.startsWith("/")) return [problem(path, "leading_slash", "must begin with /")];
  if (text.includes("%")) {
    return [problem(path, "invalid_characters", "must not hold %: a path is compared byte for byte")];
  }
  if (!PLAIN.test(text)) {
    return [problem(path, "invalid_characters", "must hold only letters, digits and -._~!$&'()*+,;=:@/")];
  }
  if (text.includes("//")) return [problem(path, "empty_segment", "must not hold an empty segment (//)")];
  if (text.split("/").some((segment) => segment === "." || segment === "..")) {
    return [problem(path, "dot_segment", "must not hold the segments . and ..")];
  }
  return [];
}

/** Parses a route's prefix. */
export function parsePrefix(text: string, path: string): Result<string> {
  const problems = checkUriPath(text, path);
  if (problems.length > 0) return failAll(problems);
  return text.endsWith("/") ? ok(text) : fail(path, "trailing_slash", "must end with /");
}
