/**
 * AWS Signature Version 4, with the signature in the `Authorization` field.
 *
 * Fields and targets have one byte per character, as heads have.
 *
 * @module
 */

import { encodeLatin1 } from "../../core/latin1.ts";
import { Secret } from "../../core/secret.ts";
import type { AwsKeys } from "../../tokens/aws_keys.ts";
import type { OutgoingField } from "../../upstream/transport.ts";
import type { Hashing, Hmac } from "./hashing.ts";
import { canonicalPath, canonicalQuery, type PathRule, type SignableTarget } from "./target.ts";

/** What a signature is valid for. */
export interface SigningScope {
  readonly region: string;
  /** The service's signing name. */
  readonly service: string;
}

/** A request to sign. */
export interface SignableRequest {
  readonly method: string;
  readonly target: SignableTarget;
  readonly pathRule: PathRule;
  /** The fields to sign. */
  readonly fields: readonly OutgoingField[];
  /** The hash of the body in hexadecimal, or a constant such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** Signs requests within one scope. */
export class SigV4Signer {
  readonly #scope: SigningScope;
  readonly #hashing: Hashing;
  /** The last signing key: it changes once per day, and with the keys. */
  #key: { readonly date: string; readonly secret: Secret; readonly key: Hmac } | undefined;

  constructor(scope: SigningScope, hashing: Hashing) {
    this.#scope = scope;
    this.#hashing = hashing;
  }

  /**
   * Returns the value of the `Authorization` field.
   *
   * @param time The value of the request's `X-Amz-Date`, as {@linkcode amzDate} returns it.
   */
  authorization(request: SignableRequest, keys: AwsKeys, time: string): Secret {
    const { region, service } = this.#scope;
    const date = time.slice(0, 8);
    const scope = `${date}/${region}/${service}/aws4_request`;
    const { text, signedFields } = canonicalRequest(request);
    const hash = this.#hashing.sha256(text);
    const key = this.#signingKey(keys.secretAccessKey, date);
    const signature = key.hex(`${ALGORITHM}\n${time}\n${scope}\n${hash}`);
    const credential = `${keys.accessKeyId.reveal()}/${scope}`;
    return Secret.of(
      `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedFields}, Signature=${signature}`,
    );
  }

  #signingKey(secret: Secret, date: string): Hmac {
    if (this.#key?.date === date && this.#key.secret === secret) return this.#key.key;
    const { region, service } = this.#scope;
    const { hmac } = this.#hashing;
    const bytes = [date, region, service, "aws4_request"].reduce<Uint8Array>(
      (key, text) => hmac(key).bytes(text),
      encodeLatin1(`AWS4${secret.reveal()}`),
    );
    const key = hmac(bytes);
    this.#key = { date, secret, key };
    return key;
  }
}

/** Returns the text whose hash is signed, and the names of the signed fields, separated by semicolons. */
export function canonicalRequest(
  { method, target, pathRule, fields, payloadHash }: SignableRequest,
): { readonly text: string; readonly signedFields: string } {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const text = (typeof value === "string" ? value : value.reveal()).trim().replace(/ {2,}/g, " ");
    const before = values.get(key);
    values.set(key, before === undefined ? text : `${before},${text}`);
  }
  const names = [...values.keys()].sort();
  const signedFields = names.join(";");
  const lines = names.map((name) => `${name}:${values.get(name)}\n`).join("");
  const path = canonicalPath(target.path, pathRule);
  const query = canonicalQuery(target.query);
  return { text: `${method}\n${path}\n${query}\n${lines}\n${signedFields}\n${payloadHash}`, signedFields };
}

/** Returns a time as the `X-Amz-Date` field writes it: `20150830T123600Z`. @param time In milliseconds since 1970. */
export function amzDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}
