/**
 * Parsers of the texts that are sent to an issuer of tokens. A secret may have been pasted into any of them by mistake, so
 * no message quotes one.
 *
 * @module
 */

import { fail, ok, type Result } from "../../core/result.ts";

const TEXT_LIMIT = 1024;

/** Parses a text of visible ASCII and spaces: an identifier, a scope, an audience. */
export function parseIssuerText(text: string, path: string): Result<string> {
  if (text.length <= TEXT_LIMIT && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return ok(text);
  return fail(
    path,
    "invalid_characters",
    `must be 1 to ${TEXT_LIMIT} characters of ASCII, without whitespace at either end (the value is not shown)`,
  );
}

/** Parses one scope: RFC 6749, section 3.3. */
export function parseScope(text: string, path: string): Result<string> {
  if (text.length <= TEXT_LIMIT && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)) return ok(text);
  return fail(path, "invalid_characters", "must be one scope, without spaces (the value is not shown)");
}
