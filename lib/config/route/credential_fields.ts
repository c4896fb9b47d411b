/**
 * Parsers of the fields that say where a route's credential comes from and how it is sent. A secret may have been pasted
 * into any of them by mistake, so no message quotes an unrecognized value.
 *
 * @module
 */

import { fail, ok, type Result } from "../../core/result.ts";
import { FRAMING_FIELDS, HOP_BY_HOP, isHandshakeField } from "../../http/field_names.ts";
import { isToken } from "../../http/syntax.ts";
import { isPlainName, looksLikeKey, NAME_LIMIT } from "../reader/plain_name.ts";

/** Parses the scheme before the token: `auth-scheme` of RFC 9110, section 11.1, or `""` for none. */
export function parseAuthScheme(text: string, path: string): Result<string> {
  if (text === "" || (isToken(text) && !looksLikeKey(text))) return ok(text);
  return fail(
    path,
    "invalid_auth_scheme",
    'must be one word such as Bearer, or "" for the bare token (the value is not shown)',
  );
}

/** The service's own variables: the whole prefix, so that a new setting can't conflict with an existing table. */
const SETTING = /^CRED_PROXY_|^(?:https?|no)_proxy$/i;

/** Parses the name of the variable that holds a token. */
export function parseTokenVariable(text: string, path: string): Result<string> {
  // The name is printed, passed in flags and sent to the client, so a token pasted here must be rejected.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) || !isPlainName(text)) {
    const message = "must be the name of an environment variable, not its value (the value is not shown)";
    return fail(path, "invalid_variable_name", message);
  }
  if (SETTING.test(text)) {
    return fail(path, "reserved_variable", `must not be one of the service's own settings, got "${text}"`);
  }
  return ok(text);
}

/** Parses the name of the field that carries the credential; keeps its case. */
export function parseCredentialField(text: string, path: string): Result<string> {
  if (!isToken(text) || looksLikeKey(text)) {
    return fail(path, "invalid_field_name", "must be the name of a header field (the value is not shown)");
  }
  const name = text.toLowerCase();
  if (HOP_BY_HOP.has(name) || FRAMING_FIELDS.has(name) || isHandshakeField(name)) {
    const message = `must not be a connection, framing or handshake field, got "${text}"`;
    return fail(path, "reserved_field", message);
  }
  return ok(text);
}

/** Parses the name of the query parameter that carries the token. */
export function parseAuthQuery(text: string, path: string): Result<string> {
  if (/^[._~-]*[A-Za-z0-9][A-Za-z0-9._~-]*$/.test(text) && text.length <= NAME_LIMIT && !looksLikeKey(text)) {
    return ok(text);
  }
  return fail(
    path,
    "invalid_parameter_name",
    "must be the name of a query parameter, of letters, digits and ._~- (the value is not shown)",
  );
}

/**
 * Parses the user of the Basic scheme. RFC 7617, section 2, excludes the colon and control characters; clients and
 * servers disagree about the encoding of characters beyond ASCII (section 2.1).
 */
export function parseAuthUser(text: string, path: string): Result<string> {
  if (/^[\x20-\x39\x3b-\x7e]*$/.test(text)) return ok(text);
  return fail(
    path,
    "invalid_auth_user",
    "must contain only printable ASCII and no colon (the value is not shown)",
  );
}
