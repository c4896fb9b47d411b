import type { Problem } from "../../core/result.ts";
import { looksLikeKey, NAME_LIMIT } from "./plain_name.ts";

/** Returns the end of a message about an invalid value, which is quoted only if it looks like a name, host or number. */
export function gotText(text: string): string {
  return text.length <= NAME_LIMIT && /^[\w.:[\]-]*$/.test(text) && !looksLikeKey(text)
    ? `got ${JSON.stringify(text)}`
    : "the value is not shown";
}

/** Returns the problem with a note that the value is withheld because it is, or may contain, a secret. */
export function valueNotShown(problem: Problem): Problem {
  return { ...problem, message: `${problem.message} (the value is not shown)` };
}
