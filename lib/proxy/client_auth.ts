import { KEY_FIELDS } from "../http/field_names.ts";
import { Refusal } from "../http/refusal.ts";
import type { Secret } from "../core/secret.ts";

/** `Bearer KEY` (RFC 6750, section 2.1), and `token KEY` as clients of forges send it. */
const KEY = /^(?:bearer|token) +(.+)$/i;

/** `Basic base64(user:password)`: RFC 7617, section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * Refuses a request that does not show the client token in a place where some client puts its key. Like every
 * credential of the agent's, it goes no further.
 *
 * @param token Undefined: none is asked for.
 */
export function requireClientToken(token: Secret | undefined, fields: Pick<Headers, "get">): void {
  if (token === undefined) return;
  let shown = false;
  for (const candidate of candidates(fields)) shown = equal(token.reveal(), candidate) || shown;
  if (!shown) throw new Refusal("client_token_required");
}

function* candidates(fields: Pick<Headers, "get">): Generator<string> {
  const authorization = fields.get("authorization") ?? "";
  const key = KEY.exec(authorization)?.[1];
  if (key !== undefined) yield key;
  const pair = decoded(BASIC.exec(authorization)?.[1] ?? "");
  // Whose password it is does not matter: clients that can't leave the user out make one up.
  if (pair.includes(":")) yield pair.slice(pair.indexOf(":") + 1);
  for (const name of KEY_FIELDS) {
    const value = fields.get(name);
    if (value !== null) yield value;
  }
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}

/**
 * Whether two texts of bytes are equal, in a time that depends on neither's content: an agent must not find the token
 * out byte by byte.
 */
export function equal(token: string, shown: string): boolean {
  let difference = token.length ^ shown.length;
  for (let index = 0; index < token.length; index++) {
    // Behind the end `charCodeAt` gives NaN, which counts as 0 here; the lengths differ then.
    difference |= token.charCodeAt(index) ^ shown.charCodeAt(index);
  }
  return difference === 0;
}
