import { fail, ok, type Result } from "../../core/result.ts";
import { NEVER_FORWARDED } from "../../http/methods.ts";
import { gotText } from "../reader/got_text.ts";

/** Methods are case-sensitive (RFC 9110, section 9.1), and those in use are all upper case. */
const METHOD = /^[A-Z]+(?:-[A-Z]+)*$/;

/** Parses a method that a route allows. */
export function parseMethod(text: string, path: string): Result<string> {
  if (!METHOD.test(text)) {
    return fail(path, "invalid_method", `must be a method in upper case such as GET, ${gotText(text)}`);
  }
  if (NEVER_FORWARDED.has(text)) {
    return fail(path, "method_not_forwarded", `must not be ${text}, which is never forwarded`);
  }
  return ok(text);
}
