import type { ClientDirectory, Identity } from "../clients/client_directory.ts";
import { isEqual } from "../core/is_equal.ts";
import type { Secret } from "../core/secret.ts";
import { KEY_FIELDS } from "../http/field_names.ts";
import { Refusal } from "../http/refusal.ts";
import { isFromBrowser } from "./browser.ts";
import type { Client, ClientIdentity } from "./client.ts";

/** `Bearer KEY` (RFC 6750, section 2.1), and `token KEY`, which clients of code forges send. */
const KEY = /^(?:bearer|token) +(.+)$/i;

/** `Basic base64(user:password)`: RFC 7617, section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** What a signature of AWS says of the key: its identifier, then a date and a scope. */
const AWS = /^AWS4-[A-Z0-9-]+ +Credential=([^,]+),/;

/**
 * Authenticates the client of a request by the token in any of the fields in which clients send a key. Like all
 * credentials of the client, the token is not forwarded. Returns a promise only if a signature has to be verified.
 *
 * @throws {Refusal} `client_token_required` if none of the fields contains a valid token.
 */
export type Authenticator = (fields: Pick<Headers, "get">) => ClientIdentity | Promise<ClientIdentity>;

/** Returns an authenticator that accepts every client. */
export function anyClient(): Authenticator {
  return () => undefined;
}

/** Returns an authenticator that requires the one token of all clients. */
export function oneToken(clientToken: Secret): Authenticator {
  return (fields) => {
    let valid = false;
    for (const candidate of candidates(fields)) valid = isEqual(clientToken.reveal(), candidate) || valid;
    if (!valid) throw tokenRequired(fields);
    return undefined;
  };
}

/** Returns an authenticator that looks clients up. A request with the tokens of two clients is refused. */
export function listedClients(directory: ClientDirectory<Client>): Authenticator {
  return (fields) => {
    let found: Identity<Client> | undefined;
    let pending: Promise<Identity<Client> | undefined>[] | undefined;
    for (const candidate of candidates(fields)) {
      const identity = directory.find(candidate);
      if (identity instanceof Promise) (pending ??= []).push(identity);
      else if (identity !== undefined) found = theOne(found, identity, fields);
    }
    if (pending === undefined) return assertCurrent(found, fields);
    return Promise.all(pending).then((verified) =>
      assertCurrent(
        verified.reduce((one, each) => each === undefined ? one : theOne(one, each, fields), found),
        fields,
      )
    );
  };
}

type Fields = Pick<Headers, "get">;

function theOne(
  found: Identity<Client> | undefined,
  identity: Identity<Client>,
  fields: Fields,
): Identity<Client> {
  if (found === undefined || found.client === identity.client) return identity;
  throw tokenRequired(fields, new Error("The request has the tokens of two clients"));
}

function assertCurrent(identity: Identity<Client> | undefined, fields: Fields): Identity<Client> {
  if (identity === undefined) throw tokenRequired(fields);
  const { name, expires } = identity.client.config;
  if (expires === undefined || Date.now() < expires) return identity;
  throw tokenRequired(fields, new Error(`The client ${name} expired at ${new Date(expires).toISOString()}`));
}

/** A browser asks the user for a password where the challenge is Basic, which a web page could provoke, but not for this one. */
const FOR_BROWSERS: Readonly<Record<string, string>> = { "www-authenticate": 'Bearer realm="cred-proxy"' };

function tokenRequired(fields: Fields, cause?: Error): Refusal {
  return new Refusal("client_token_required", "", {
    cause,
    ...isFromBrowser(fields) ? { fields: FOR_BROWSERS } : {},
  });
}

function* candidates(fields: Pick<Headers, "get">): Generator<string> {
  const authorization = fields.get("authorization") ?? "";
  const key = KEY.exec(authorization)?.[1];
  if (key !== undefined) yield key;
  // Libraries of Hugging Face refuse a token that does not begin so.
  if (key?.startsWith("hf_")) yield key.slice("hf_".length);
  const pair = decoded(BASIC.exec(authorization)?.[1] ?? "");
  // The user is ignored: clients that can't omit it make one up.
  if (pair.includes(":")) yield pair.slice(pair.indexOf(":") + 1);
  const keyId = keyIdIn(AWS.exec(authorization)?.[1] ?? "");
  if (keyId !== undefined) yield keyId;
  for (const name of KEY_FIELDS) {
    const value = fields.get(name);
    if (value !== null) yield value;
  }
}

/**
 * Returns the access key's identifier, which is all that a client of AWS sends of its keys. It may contain slashes; an
 * expression that finds its end would take quadratic time for many dates.
 */
function keyIdIn(credential: string): string | undefined {
  if (!credential.trimEnd().endsWith("aws4_request")) return undefined;
  const parts = credential.split("/");
  const date = parts.findLastIndex((part) => /^[0-9]{8}$/.test(part));
  return parts.slice(0, Math.max(date, 0)).join("/") || undefined;
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}
