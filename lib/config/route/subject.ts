import { fail, ok, type Result } from "../../core/result.ts";

/** The subjects (RFC 7519, section 4.1.2) that a client may have: the text between wildcards, in order. */
export interface SubjectPattern {
  /** As the table spells it. */
  readonly text: string;
  /** Undefined if there is no wildcard. */
  readonly parts: readonly string[] | undefined;
}

/** The maximum length of a subject, in characters. */
export const SUBJECT_LIMIT = 256;

/**
 * Parses a subject, in which each `*` stands for one or more characters other than `:` and `/`, the separators in the
 * subjects of Kubernetes (`system:serviceaccount:NAMESPACE:NAME`) and of SPIFFE (`spiffe://DOMAIN/PATH`).
 */
export function parseSubject(text: string, path: string): Result<SubjectPattern> {
  if (text === "" || text.length > SUBJECT_LIMIT || !/^[\x21-\x7e]*$/.test(text)) {
    const message = `must be 1 to ${SUBJECT_LIMIT} visible ASCII characters (the value is not shown)`;
    return fail(path, "invalid_subject", message);
  }
  if (text.includes("**")) return fail(path, "invalid_wildcard", "must not contain two * in a row");
  if (!/[^*:/]/.test(text)) {
    return fail(path, "invalid_wildcard", "must contain more than wildcards, or it would match any subject");
  }
  return ok({ text, parts: text.includes("*") ? text.split("*") : undefined });
}

/** What no wildcard matches. */
const SEPARATOR = /[:/]/;

/** Reports whether a subject matches. */
export function matchesSubject({ text, parts }: SubjectPattern, subject: string): boolean {
  if (parts === undefined) return subject === text;
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (!subject.startsWith(first) || !subject.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    // The first place will do: what lies before a later one would have to be matched by this wildcard instead.
    const next = subject.indexOf(part, at + 1);
    if (next < 0 || SEPARATOR.test(subject.slice(at, next))) return false;
    at = next + part.length;
  }
  const end = subject.length - last.length;
  return end > at && !SEPARATOR.test(subject.slice(at, end));
}
