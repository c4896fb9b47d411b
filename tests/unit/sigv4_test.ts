/**
 * AWS Signature Version 4, against the vectors that AWS publishes and against two signers that are not ours.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { assertEquals } from "@std/assert";
import aws4 from "aws4";
import { loadHashing } from "../../lib/credentials/aws/hashing.ts";
import { amzDate, canonicalRequest, SigV4Signer } from "../../lib/credentials/aws/sigv4.ts";
import { pathRule, signableTarget } from "../../lib/credentials/aws/target.ts";
import type { AwsKeys } from "../../lib/tokens/aws_keys.ts";
import { Secret } from "../../lib/core/secret.ts";
import { queryBag, Sha256 } from "../support/aws_verifier.ts";
import vectors from "../testdata/aws_sigv4_vectors.json" with { type: "json" };
import { fc, runs } from "../support/property.ts";

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
      const payloadHash = hashing.sha256(vector.body ?? "");
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

const KEY_ID = "AKIAIOSFODNN7EXAMPLE";

/** Signs a request as a client would send it, with our signer, and returns what is sent. */
function signOurs({ method, target, headers, service, region, token, payloadHash }: Arbitrary) {
  const signable = signableTarget(target, service);
  const fields: [string, string][] = Object.entries({
    ...headers,
    host: "host.test:9000",
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": TIME,
    ...(token === undefined ? {} : { "x-amz-security-token": token }),
  });
  const keys = { ...KEYS, accessKeyId: Secret.of(KEY_ID) };
  const authorization = new SigV4Signer({ region, service }, hashing).authorization(
    { method, target: signable, pathRule: pathRule(service), fields, payloadHash },
    keys,
    TIME,
  ).reveal();
  return { sent: signable, fields: Object.fromEntries(fields), authorization };
}

interface Arbitrary {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly region: string;
  readonly token: string | undefined;
  readonly payloadHash: string;
}

const UNRESERVED = "ABCXYZabcxyz0189-._~";
/** Parts of targets as clients send them: plain, encoded, and unencoded where they should not be. */
const piece = fc.oneof(
  fc.string({ unit: fc.constantFrom(...UNRESERVED), maxLength: 4 }),
  fc.constantFrom("%20", "%2B", "%3a", "%3A", "%c3%a9", "%25", "%2525", "%", "%zz", "(", ")", "'", "!", "*"),
  fc.constantFrom(":", "@", "$", ",", "{", "}", "|", '"', "[", "]", "^", "~", "%7e", "%41"),
);
const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
const segment = text.filter((each) => !/^\.{1,2}$/.test(each.replaceAll(/%2e/gi, ".")));
const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`);
const parameter = fc.tuple(
  fc.oneof(text, fc.constantFrom("a", "a-b", "A", "prefix", "list-type")),
  fc.option(text, { nil: undefined }),
).map(([name, value]) => value === undefined ? name : `${name}=${value}`);
const query = fc.array(parameter, { maxLength: 4 }).map((all) => all.length === 0 ? "" : `?${all.join("&")}`);

function isUtf8(target: string): boolean {
  try {
    decodeURIComponent(target.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
    return true;
  } catch {
    return false;
  }
}

const arbitrary: fc.Arbitrary<Arbitrary> = fc.record({
  method: fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD"),
  // The other signers keep queries decoded, which only works for UTF-8.
  target: fc.tuple(path, query).map((parts) => parts.join("")).filter(isUtf8),
  headers: fc.dictionary(
    fc.constantFrom("x-amz-meta-a", "x-amz-acl", "content-type", "X-Amz-Target", "content-md5", "x-amz-a-b"),
    fc.string({ unit: fc.constantFrom("a", "Z", "0", " ", ",", "=", '"', "/"), maxLength: 12 }),
  ),
  service: fc.constantFrom("s3", "bedrock", "dynamodb", "execute-api"),
  region: fc.constantFrom("us-east-1", "eu-central-1"),
  token: fc.option(fc.constant("IQoJb3JpZ2luX2VjE//wEaCXVzLWVhc3Qt=="), { nil: undefined }),
  payloadHash: fc.constantFrom(hashing.sha256(""), hashing.sha256("body")),
});

Deno.test("SigV4Signer agrees with the AWS SDK's own signer on arbitrary requests", async () => {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (request) => {
      const ours = signOurs(request);
      const { path, query } = ours.sent;
      const isS3 = request.service === "s3";
      const theirs = await new SignatureV4({
        service: request.service,
        region: request.region,
        credentials: {
          accessKeyId: KEY_ID,
          secretAccessKey: KEYS.secretAccessKey.reveal(),
          ...(request.token === undefined ? {} : { sessionToken: request.token }),
        },
        sha256: Sha256,
        uriEscapePath: !isS3,
      }).sign({
        method: request.method,
        protocol: "https:",
        hostname: "host.test",
        path,
        query: queryBag(query.slice(1)),
        headers: ours.fields,
      }, { signingDate: new Date("2015-08-30T12:36:00Z") });
      assertEquals(theirs.headers["authorization"], ours.authorization);
    }),
    runs(500),
  );
});

Deno.test("SigV4Signer agrees with aws4 on arbitrary requests", () => {
  fc.assert(
    fc.property(arbitrary, (request) => {
      const ours = signOurs(request);
      const { path, query } = ours.sent;
      // It signs only the first of several parameters with one name.
      const names = query.slice(1).split("&").map((each) => each.split("=")[0]);
      fc.pre(new Set(names).size === names.length);
      const theirs = aws4.sign({
        service: request.service,
        region: request.region,
        method: request.method,
        host: "host.test:9000",
        path: path + query,
        headers: { ...ours.fields },
      }, {
        accessKeyId: KEY_ID,
        secretAccessKey: KEYS.secretAccessKey.reveal(),
        sessionToken: request.token,
      });
      assertEquals(theirs.headers["Authorization"], ours.authorization);
    }),
    runs(500),
  );
});

Deno.test("a target is sent in strict percent-encoding, without a client's own signature", () => {
  const cases: [service: string, target: string, path: string, query: string][] = [
    ["s3", "/b/a%2Fb%20c+d(1)", "/b/a/b%20c%2Bd%281%29", ""],
    ["bedrock", "/model/a:0%2Fb/invoke", "/model/a%3A0%2Fb/invoke", ""],
    ["s3", "/b//k/?list-type=2&prefix=a+b/&delimiter", "/b//k/", "?list-type=2&prefix=a%20b%2F&delimiter"],
    ["s3", "/?a=%zz&&b==c&=d", "/", "?a=%25zz&b=%3Dc"],
    ["s3", "/%ff%C3?%fe", "/%FF%C3", "?%FE"],
    [
      "s3",
      "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Date=d&X-Amz-Expires=9" +
      "&X-Amz-SignedHeaders=host&X-Amz-Signature=s&x-%61mz-security-token=t&versionId=1&x-id=GetObject",
      "/b/k",
      "?versionId=1&x-id=GetObject",
    ],
    ["s3", "/b/k?AWSAccessKeyId=a&Expires=1&Signature=s&response-expires=2", "/b/k", "?response-expires=2"],
    ["s3", "/b/k?AWSAccessKeyId=a&Expires=1&x=2", "/b/k", "?x=2"],
    ["s3", "/b/k?Expires=1&Signature=s", "/b/k", ""],
    ["s3", "/b/k?Expires=1", "/b/k", "?Expires=1"],
    ["s3", "/b/k?a?b=c?d", "/b/k", "?a%3Fb=c%3Fd"],
  ];
  for (const [service, target, path, query] of cases) {
    assertEquals(signableTarget(target, service), { path, query });
  }
});

Deno.test("amzDate() is UTC to the second", () => {
  assertEquals(amzDate(Date.UTC(2015, 7, 30, 12, 36, 0, 999)), TIME);
});

Deno.test("loadHashing() gives the HMAC of the runtime for keys of any length", () => {
  for (const length of [0, 1, 32, 63, 64, 65, 68, 200]) {
    const key = new Uint8Array(length).fill(0xc5);
    for (const text of ["", "20150830", "x".repeat(300)]) {
      const expected = createHmac("sha256", key).update(text).digest("hex");
      assertEquals(hashing.hmac(key).hex(text), expected);
      assertEquals(hashing.hmac(key).bytes(text).toHex(), expected);
    }
  }
});
