import { FRAMING_FIELDS, HOP_BY_HOP } from "../../http/field_names.ts";
import { isToken } from "../../http/syntax.ts";
import { fail, ok, type Reader } from "../reader/fields.ts";
import { isPlainName, looksLikeKey } from "../reader/path.ts";
import { readString } from "../reader/plain_fields.ts";

/**
 * The fields of a route that say where its credential is and how it travels. Next to them lies the secret itself, so
 * each of them may hold it by mistake: no message quotes what was found.
 *
 * @module
 */

/** Reads the word before the token: `auth-scheme` of RFC 9110, section 11.1, or `""`. */
export const readScheme: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok || judged.value === "") return judged;
  if (isToken(judged.value) && !looksLikeKey(judged.value)) return judged;
  return fail(place, 'must be one word such as Bearer, or "" for the bare token (the value is not shown)');
};

/** Reads the name of the variable that holds the token. */
export const readTokenVariable: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const name = judged.value;
  // The name is printed, goes into flags and into the answer to the agent: a token that was pasted here must not pass.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || !isPlainName(name)) {
    return fail(place, "must be the name of an environment variable (the value is not shown)");
  }
  if (/^CRED_PROXY_|^(?:https?|no)_proxy$/i.test(name)) {
    return fail(place, `must not be a setting of the service, got "${name}"`);
  }
  return ok(name);
};

/** Reads the name of the field that carries the credential, in the table's spelling. */
export const readCredentialField: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const name = judged.value;
  if (!isToken(name) || looksLikeKey(name)) {
    return fail(place, "must be the name of a header field (the value is not shown)");
  }
  if (HOP_BY_HOP.has(name.toLowerCase()) || FRAMING_FIELDS.has(name.toLowerCase())) {
    return fail(place, `must not be a field of the connection or of the message's framing, got "${name}"`);
  }
  return ok(name);
};

/** Reads the user of Basic: RFC 7617, section 2, rules out the colon and control characters. */
export const readUser: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  // Beyond ASCII, user agents and servers disagree about the bytes: RFC 7617, section 2.1.
  if (/^[\x20-\x39\x3b-\x7e]*$/.test(judged.value)) return judged;
  return fail(place, "must hold only ASCII, no colon and no control character (the value is not shown)");
};
