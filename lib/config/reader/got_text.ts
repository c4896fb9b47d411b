import type { Problem } from "../../core/result.ts";
import { looksLikeKey, NAME_LIMIT } from "./plain_name.ts";

/** Returns the end of a message: the text that was found if it is as harmless as a name, host or number. */
export function gotText(text: string): string {
  return text.length <= NAME_LIMIT && /^[\w.:[\]-]*$/.test(text) && !looksLikeKey(text)
    ? `got ${JSON.stringify(text)}`
    : "the value is not shown";
}

/** Adds to a message that the value, a secret or next to one, is not shown. */
export function valueNotShown(problem: Problem): Problem {
  return { ...problem, message: `${problem.message} (the value is not shown)` };
}
