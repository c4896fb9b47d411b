/**
 * Verifies AWS Signature Version 4 of a received request with the AWS SDK's own signer: what it signs must be what came.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Field } from "./message.ts";

/** The keys that the verifier accepts. */
export interface VerifiedKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  readonly body: Uint8Array;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/;

/** Returns what is wrong with a request's signature, or undefined. */
export async function signatureProblem(
  { method, target, fields, body }: ReceivedRequest,
  keys: VerifiedKeys,
): Promise<string | undefined> {
  const headers = new Map(fields.map(([name, value]) => [name.toLowerCase(), value]));
  if (headers.size < fields.length) return "a field is repeated";
  const authorization = headers.get("authorization") ?? "";
  const [, keyId, date, region = "", service = "", signed = ""] = AUTHORIZATION.exec(authorization) ?? [];
  if (keyId === undefined) return `no signature: ${authorization}`;
  if (keyId !== keys.accessKeyId) return `another access key: ${keyId}`;
  const time = headers.get("x-amz-date") ?? "";
  const [, day, ...rest] = /^(\d{4}\d\d\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  if (day === undefined || day !== date) return `X-Amz-Date ${time}`;
  const iso = `${day.replace(/(....)(..)(..)/, "$1-$2-$3")}T${rest.join(":")}Z`;
  if (Math.abs(Date.now() - Date.parse(iso)) > 300_000) return `a signature of another time: ${time}`;
  if (headers.get("x-amz-security-token") !== keys.sessionToken) return "another session token";
  const unsigned = [...headers.keys()].filter((name) =>
    name.startsWith("x-amz-") && !signed.split(";").includes(name)
  );
  if (unsigned.length > 0 || !signed.split(";").includes("host")) {
    return `unsigned fields: ${unsigned.join()}`;
  }
  const isS3 = service === "s3";
  const hash = headers.get("x-amz-content-sha256");
  if (hash !== createHash("sha256").update(body).digest("hex") && !(isS3 && hash === "UNSIGNED-PAYLOAD")) {
    return `the content's hash ${hash}`;
  }
  const signedFields = Object.fromEntries(
    signed.split(";").map((name) => [name, headers.get(name) ?? ""]),
  );
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  const ours = await new SignatureV4({
    region,
    service,
    credentials: keys,
    sha256: Sha256,
    uriEscapePath: !isS3,
  }).sign(
    {
      method,
      protocol: "https:",
      hostname: headers.get("host") ?? "",
      path,
      query: queryBag(query),
      headers: signedFields,
    },
    { signingDate: new Date(iso) },
  );
  return ours.headers["authorization"] === authorization
    ? undefined
    : `expected ${ours.headers["authorization"]}, got ${authorization}`;
}

/** Returns a query as the AWS SDK keeps it: decoded, with repeated names in a list. */
export function queryBag(query: string): Record<string, string | string[]> {
  const bag: Record<string, string[]> = {};
  for (const pair of query.split("&").filter((each) => each !== "")) {
    const [name = "", value = ""] = pair.split(/=(.*)/s).map(decodeURIComponent);
    (bag[name] ??= []).push(value);
  }
  return bag;
}

/** SHA-256 as the AWS SDK's signer takes it. */
export class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}
