import { KEY_FIELDS } from "../http/field_names.ts";
import { Refusal } from "../http/refusal.ts";
import type { Secret } from "../core/secret.ts";

/** `Bearer KEY` (RFC 6750, section 2.1), and `token KEY` as clients of forges send it. */
const KEY = /^(?:bearer|token) +(.+)$/i;

/** `Basic base64(user:password)`: RFC 7617, section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** Who a client is, as far as its request proves it. */
export interface ClientIdentity {
  /** Undefined: any client is served, and clients are not distinguished. */
  readonly name: string | undefined;
}

/**
 * Identifies the client of a request by a key in one of the fields in which clients send one. Like every credential of
 * the client, the key is not sent on.
 *
 * @throws {Refusal} `client_token_required` where no valid key is among them.
 */
export type Authenticator = (fields: Pick<Headers, "get">) => ClientIdentity;

const ANONYMOUS: ClientIdentity = { name: undefined };

/** Returns the authenticator of a table with one client token, or with none. */
export function authenticatorFor(clientToken: Secret | undefined): Authenticator {
  if (clientToken === undefined) return () => ANONYMOUS;
  return (fields) => {
    let valid = false;
    for (const candidate of candidates(fields)) valid = isEqual(clientToken.reveal(), candidate) || valid;
    if (!valid) throw new Refusal("client_token_required");
    return ANONYMOUS;
  };
}

function* candidates(fields: Pick<Headers, "get">): Generator<string> {
  const authorization = fields.get("authorization") ?? "";
  const key = KEY.exec(authorization)?.[1];
  if (key !== undefined) yield key;
  const pair = decoded(BASIC.exec(authorization)?.[1] ?? "");
  // The user does not matter: clients that can't leave it out make one up.
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
 * Compares two texts of bytes in a time that depends on the content of neither: a client must not find out the token
 * byte by byte.
 */
export function isEqual(token: string, given: string): boolean {
  let difference = token.length ^ given.length;
  for (let index = 0; index < token.length; index++) {
    // After the end `charCodeAt` gives NaN, which counts as 0 here; the lengths differ then.
    difference |= token.charCodeAt(index) ^ given.charCodeAt(index);
  }
  return difference === 0;
}
