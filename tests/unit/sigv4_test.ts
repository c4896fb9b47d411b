/**
 * AWS Signature Version 4, against the vectors that AWS publishes and against two signers that are not ours.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { loadHashing } from "../../lib/credentials/aws/hashing.ts";
import { amzDate, type AwsKeys, canonicalRequest, SigV4Signer } from "../../lib/credentials/aws/sigv4.ts";
import { pathRule, signableTarget } from "../../lib/credentials/aws/target.ts";
import { Secret } from "../../lib/core/secret.ts";
import vectors from "../testdata/aws_sigv4_vectors.json" with { type: "json" };

const hashing = await loadHashing();

/** One vector of AWS's signing test suite. The keys, the time and the scope are the same in all. */
interface Vector {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly normalize?: boolean;
  readonly signBody?: boolean;
  readonly sessionToken?: string;
  /** Whether the session token is added after signing. */
  readonly unsignedSessionToken?: boolean;
  readonly canonicalRequest: string;
  readonly signature: string;
}

const TIME = "20150830T123600Z";
const KEYS: AwsKeys = {
  accessKeyId: Secret.of("AKIDEXAMPLE"),
  secretAccessKey: Secret.of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
  sessionToken: undefined,
};

/** Returns a text's UTF-8 form, one character per byte, as heads are sent. */
function bytesOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

Deno.test("SigV4Signer signs each request of AWS's test suite as AWS does", async (t) => {
  assertEquals(vectors.length, 38);
  const signer = new SigV4Signer({ region: "us-east-1", service: "service" }, hashing);
  for (const vector of vectors as unknown as readonly Vector[]) {
    await t.step(vector.name, () => {
      const { sessionToken } = vector;
      const payloadHash = hashing.sha256([vector.body ?? ""]);
      const fields: [string, string][] = [
        ...vector.fields.map(([name, value]): [string, string] => [name, value]),
        ["X-Amz-Date", TIME],
        ...(vector.signBody ? [["x-amz-content-sha256", payloadHash] as [string, string]] : []),
        ...(sessionToken === undefined || vector.unsignedSessionToken
          ? []
          : [["x-amz-security-token", sessionToken] as [string, string]]),
      ];
      const isNormalized = vector.normalize !== false;
      const request = {
        method: vector.method,
        // The service of the suite signs a path as it is sent, yet normalized.
        target: signableTarget(bytesOf(vector.target), "s3"),
        pathRule: { isNormalized, isEncodedTwice: false },
        fields,
        payloadHash,
      };
      const { text, signedFields } = canonicalRequest(request);
      assertEquals(text, vector.canonicalRequest);
      assertEquals(
        signer.authorization(request, KEYS, TIME).reveal(),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
          `SignedHeaders=${signedFields}, Signature=${vector.signature}`,
      );
    });
  }
});
