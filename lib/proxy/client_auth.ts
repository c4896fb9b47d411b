import { KEY_FIELDS } from "../http/field_names.ts";
import { Refusal } from "../http/refusal.ts";
import type { Secret } from "../core/secret.ts";

/** `Bearer KEY` (RFC 6750, section 2.1), and `token KEY`, which clients of code forges send. */
const KEY = /^(?:bearer|token) +(.+)$/i;

/** `Basic base64(user:password)`: RFC 7617, section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** The authenticated identity of a client. */
export interface ClientIdentity {
  /** The client's name; undefined if clients are not distinguished. */
  readonly name: string | undefined;
}

/**
 * Authenticates the client of a request by the key in any of the fields in which clients send one. Like all credentials of
 * the client, the key is not forwarded.
 *
 * @throws {Refusal} `client_token_required` if none of the fields contains a valid key.
 */
export type Authenticator = (fields: Pick<Headers, "get">) => ClientIdentity;

const ANONYMOUS: ClientIdentity = { name: undefined };

/** Returns an authenticator that requires the client token, or accepts every client if there is none. */
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
  // The user is ignored: clients that can't omit it make one up.
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
 * Compares two strings in a time that does not depend on their content, so that a client can't guess the token byte by
 * byte.
 */
export function isEqual(token: string, given: string): boolean {
  let difference = token.length ^ given.length;
  for (let index = 0; index < token.length; index++) {
    // Past the end `charCodeAt` returns NaN, which counts as 0 here; the lengths differ then.
    difference |= token.charCodeAt(index) ^ given.charCodeAt(index);
  }
  return difference === 0;
}
