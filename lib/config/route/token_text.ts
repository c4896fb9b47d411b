import { ok, okUnless, type Problem, problem, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { valueNotShown } from "../reader/got_text.ts";

/**
 * Parses the value of a token variable. A variable that is empty counts as unset: the value is undefined.
 *
 * A token is sent in a request head, where a line break would begin another field, and a character that a head can't
 * carry would make the runtime fail with the token in its message. Whitespace at either end is most likely an editor's.
 * A message names the kind of character and its position, never the value.
 */
export function parseToken(value: string | undefined, path: string): Result<Secret | undefined> {
  if (value === undefined || value === "") return ok(undefined);
  const [first] = [...checkTabs(value, path), ...checkFieldText(value, path)];
  return okUnless(first === undefined ? [] : [valueNotShown(first)], Secret.of(value));
}

/** Checks for tabs, which a field value may contain, but no token does. */
function checkTabs(value: string, path: string): readonly Problem[] {
  const index = value.indexOf("\t");
  return index < 0 ? [] : [problem(path, "invalid_characters", `contains a tab at position ${index + 1}`)];
}
