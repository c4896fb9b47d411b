import { decodeRepeatedly } from "./credential_names.ts";

/** Characters that a server may treat as a slash: `/`, `\`, and what looks like them after a conversion of character sets. */
const SLASH = /[/\\\u2044\u2215\u2216\u29f5\u29f8\uff0f\uff3c]/;

/** Nothing but dots, also the ideographic one, white space, controls and characters that are not shown. */
const DOTS = /^[.\u3002\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;

/** Paths without any of these have no such segment. */
const SUSPECT = /%|\.\.\./;

/** Overlong UTF-8 for a dot, which some decoders accept. */
const OVERLONG_DOT = /%(?:c0%[ae]e|e0%80%ae|f0%80%80%ae)/gi;

/**
 * Reports whether a path has a segment that some server may take for a dot-segment: one that consists only of dots, white
 * space and what becomes one of these when it is decoded or normalised. Windows drops dots and spaces at the end of a name,
 * and NFKC makes a dot of `%EF%BC%8E`.
 *
 * Dot-segments themselves are refused on every route; this is for routes that restrict the path.
 */
export function hasDotLikeSegment(path: string): boolean {
  if (!SUSPECT.test(path)) return false;
  // A `+` is no space in a path.
  const plain = path.replaceAll("+", "%2B").replaceAll(OVERLONG_DOT, ".");
  return decodeRepeatedly(plain).normalize("NFKC").split(SLASH).some((segment) => DOTS.test(segment));
}
