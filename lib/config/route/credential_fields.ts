/**
 * The fields of a route that say where its credential is and how it travels. The secret itself stands close to them, so
 * any of them may hold it by mistake: no message quotes the value.
 *
 * @module
 */

import { fail, ok, type Result } from "../../core/result.ts";
import { FRAMING_FIELDS, HOP_BY_HOP } from "../../http/field_names.ts";
import { isToken } from "../../http/syntax.ts";
import { isPlainName, looksLikeKey } from "../reader/plain_name.ts";

/** Parses the word before the token: `auth-scheme` of RFC 9110, section 11.1, or `""`. */
export function parseAuthScheme(text: string, path: string): Result<string> {
  if (text === "" || (isToken(text) && !looksLikeKey(text))) return ok(text);
  return fail(
    path,
    "invalid_auth_scheme",
    'must be one word such as Bearer, or "" for the bare token (the value is not shown)',
  );
}

/** Variables of the service itself. The whole prefix, so that a new setting takes no variable away from a table. */
const SETTING = /^CRED_PROXY_|^(?:https?|no)_proxy$/i;

/** Parses the name of the variable that holds a token. */
export function parseTokenVariable(text: string, path: string): Result<string> {
  // The name is printed, put into flags and sent to the client: a token that was pasted here must be rejected.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) || !isPlainName(text)) {
    const message = "must be the name of an environment variable (the value is not shown)";
    return fail(path, "invalid_variable_name", message);
  }
  if (SETTING.test(text)) {
    return fail(path, "reserved_variable", `must not be a setting of the service, got "${text}"`);
  }
  return ok(text);
}

/** Parses the name of the field that carries the credential; its spelling is kept. */
export function parseCredentialField(text: string, path: string): Result<string> {
  if (!isToken(text) || looksLikeKey(text)) {
    return fail(path, "invalid_field_name", "must be the name of a header field (the value is not shown)");
  }
  const name = text.toLowerCase();
  if (HOP_BY_HOP.has(name) || FRAMING_FIELDS.has(name)) {
    const message = `must not be a field of the connection or of the message's framing, got "${text}"`;
    return fail(path, "reserved_field", message);
  }
  return ok(text);
}

/**
 * Parses the user of Basic. RFC 7617, section 2, excludes the colon and control characters; beyond ASCII, clients and
 * servers disagree about the bytes (section 2.1).
 */
export function parseAuthUser(text: string, path: string): Result<string> {
  if (/^[\x20-\x39\x3b-\x7e]*$/.test(text)) return ok(text);
  return fail(
    path,
    "invalid_auth_user",
    "must hold only ASCII, no colon and no control character (the value is not shown)",
  );
}
