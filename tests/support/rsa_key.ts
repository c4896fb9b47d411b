/**
 * RSA keys, made at run time, in the forms in which services issue them.
 *
 * @module
 */

import { exportSPKI, generateKeyPair } from "jose";
import { createPrivateKey } from "node:crypto";

/** A key pair in PEM. */
export interface RsaKey {
  /** PKCS#8: BEGIN PRIVATE KEY. */
  readonly pkcs8: string;
  /** PKCS#1: BEGIN RSA PRIVATE KEY. */
  readonly pkcs1: string;
  /** The public key, for verifiers. */
  readonly publicKey: CryptoKey;
  /** The public key in PEM. */
  readonly spki: string;
}

/** Makes a key of 2048 bits. */
export async function makeRsaKey(): Promise<RsaKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  const pkcs8 = ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
  const pkcs1 = createPrivateKey(pkcs8).export({ type: "pkcs1", format: "pem" });
  return { pkcs8, pkcs1: String(pkcs1), publicKey, spki: await exportSPKI(publicKey) };
}
