/**
 * JSON Web Tokens (RFC 7519): signed with RS256 (RFC 7518, section 3.3), and their expiry. None is verified here, since
 * those that arrive are sent on as they are.
 *
 * @module
 */

import { parseJson } from "../config/reader/json.ts";
import type { PrivateKey } from "../config/route/private_key.ts";
import { Secret } from "../core/secret.ts";
import { IssuerError } from "./issuer_error.ts";

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/** What a token says: its claims, and the number of its key if there are several. */
export interface JwtContent {
  readonly claims: Readonly<Record<string, string | number>>;
  readonly keyId?: string | undefined;
}

/**
 * Signs a token.
 *
 * @throws {IssuerError} If the runtime can't use the key. Permanent.
 */
export async function signJwt({ pkcs8 }: PrivateKey, { claims, keyId }: JwtContent): Promise<Secret> {
  const header = { alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) };
  const input = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  let signature: ArrayBuffer;
  try {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, RS256, false, ["sign"]);
    signature = await crypto.subtle.sign(RS256.name, key, new TextEncoder().encode(input));
  } catch {
    // The runtime's message is about the key's content.
    throw new IssuerError("the private key can't be used", { permanent: true });
  }
  return Secret.of(
    `${input}.${new Uint8Array(signature).toBase64({ alphabet: "base64url", omitPadding: true })}`,
  );
}

/** Returns when a token expires, in milliseconds since 1970; undefined if it is no JWT or does not say. */
export function jwtExpiry(token: string): number | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const json = parseJson(new TextDecoder().decode(bytes), "");
    const exp = json.ok && json.value.value instanceof Map ? json.value.value.get("exp") : undefined;
    return typeof exp === "number" && exp > 0 ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}
