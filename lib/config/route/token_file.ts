import type { Secret } from "../../core/secret.ts";
import { fail, ok, type Reader } from "../reader/fields.ts";
import { looksLikeKey } from "../reader/path.ts";
import { readString } from "../reader/plain_fields.ts";
import type { Result } from "../../core/result.ts";
import { parseToken } from "./token.ts";

/** A larger file holds no token, whatever it is. */
export const TOKEN_FILE_LIMIT = 64 * 1024;

/** Path segments that no shell, flag or log has to quote. */
const SEGMENT = /^[A-Za-z0-9._-]{1,64}$/;

/** Reads the path of a token's file, below the table's folder. The token itself may have been pasted there. */
export const readTokenFile: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const plain = judged.value.split("/").every((segment) =>
    SEGMENT.test(segment) && segment !== "." && segment !== ".." && !segment.split(".").some(looksLikeKey)
  );
  if (plain) return judged;
  return fail(
    place,
    "must be the path of a file below the table's folder, of letters, digits and ._- (the value is not shown)",
  );
};

/**
 * Judge what a token's file holds. The final newline that editors and `echo` put there is not part of the token.
 *
 * @param name The file's path as the table has it: the place of what is wrong.
 */
export function parseTokenFile(name: string, bytes: Uint8Array): Result<Secret> {
  if (bytes.length > TOKEN_FILE_LIMIT) return fail(name, `is over ${TOKEN_FILE_LIMIT / 1024} KiB`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail(name, "is not UTF-8 (the value is not shown)");
  }
  const judged = parseToken(name, text.replace(/\r?\n$/, ""));
  if (!judged.ok) return judged;
  return judged.value === undefined ? fail(name, "is empty") : ok(judged.value);
}
