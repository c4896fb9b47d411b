/**
 * What signing does to a request's content and its fields. Signatures themselves: sigv4_test.ts.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AwsCredential } from "../../lib/credentials/aws/aws_credential.ts";
import { Secret } from "../../lib/core/secret.ts";
import type { RequestFraming } from "../../lib/http/framing.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { packAwsKeys } from "../../lib/tokens/aws_keys.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import type { OutgoingField, UpstreamRequest } from "../../lib/upstream/transport.ts";
import { latin1 } from "../support/bytes.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

const DATE = "20260101T000000Z";
const LIMIT = 16;

interface Content {
  readonly fields?: readonly OutgoingField[];
  readonly framing?: RequestFraming;
  readonly body?: string;
}

function keys(sessionToken?: string): Secret {
  return packAwsKeys({
    accessKeyId: Secret.of("ID"),
    secretAccessKey: Secret.of("KEY"),
    sessionToken: sessionToken === undefined ? undefined : Secret.of(sessionToken),
  });
}

/** Signs a request for a service. @returns The request, and what is sent of it. */
async function signed(
  service: string,
  { fields = [], framing = { kind: "none" }, body }: Content,
  current: Secret | undefined = keys(),
) {
  const memory = new BufferBudget(1_000_000);
  const credential = new AwsCredential({
    scope: { region: "us-east-1", service },
    source: { current, former: [], describe: () => "the keys" },
    bodyLimit: LIMIT,
    memory,
    deadlines: new Deadlines(),
    timeoutMs: 1000,
    now: () => Date.UTC(2026, 0, 1),
  });
  const request: UpstreamRequest = {
    method: "PUT",
    target: "/b/k",
    fields: [["host", "aws.test"], ...fields],
    framing,
    body: body === undefined ? null : new Response(body).body,
    onBodySent() {},
    isClientGone: () => false,
  };
  await credential.apply(request);
  const sent = request.body === null ? undefined : await new Response(request.body as BodyInit).text();
  assertEquals(memory.used, 0);
  const shown = request.fields.filter(([name]) => name !== "authorization")
    .map(([name, value]) => `${name}: ${value instanceof Secret ? value.reveal() : value}`);
  const authorization = request.fields.find(([name]) => name === "authorization")?.[1];
  const [, names] = /SignedHeaders=([^,]+)/.exec((authorization as Secret).reveal()) ?? [];
  return { framing: request.framing, sent, fields: shown, names };
}

const UNSIGNED = ["x-amz-date: 20260101T000000Z", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];

async function hashOf(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", latin1(text))).toHex();
}

/** Content in the coding of AWS's clients. */
function chunked(content: string, trailer = ""): string {
  const chunk = content === "" ? "" : `${content.length.toString(16)}\r\n${content}\r\n`;
  return `${chunk}0\r\n${trailer}\r\n`;
}

Deno.test("content for S3 passes as it is, unsigned", async () => {
  for (const framing of [{ kind: "chunked" }, { kind: "length", length: 20 }] as const) {
    const body = "larger than the limit".slice(0, 20);
    const fields = [["Content-Type", "a/b"], ["content-md5", "c"], ["range", "x"], [
      "X-Amz-Acl",
      "y",
    ]] as const;
    assertEquals(await signed("s3", { framing, body, fields }), {
      framing,
      sent: body,
      fields: ["host: aws.test", ...fields.map((field) => field.join(": ")), ...UNSIGNED],
      names: "content-md5;content-type;host;x-amz-acl;x-amz-content-sha256;x-amz-date",
    });
  }
});

Deno.test("content for a part of S3 that has a name of its own passes unsigned too", async () => {
  for (const service of ["s3express", "s3-object-lambda", "s3-outposts"]) {
    const { fields } = await signed(service, { framing: { kind: "chunked" }, body: "abc" });
    assertEquals(fields, ["host: aws.test", ...UNSIGNED], service);
  }
});

Deno.test("content for another service is signed by its hash, and sent with its length", async () => {
  const cases: [content: Content, framing: RequestFraming, sent: string | undefined, length: string[]][] = [
    [{}, { kind: "none" }, undefined, []],
    [
      { framing: { kind: "chunked" }, body: "abc", fields: [["transfer-encoding", "chunked"]] },
      { kind: "length", length: 3 },
      "abc",
      ["content-length: 3"],
    ],
    [
      { framing: { kind: "length", length: 1 }, body: "a", fields: [["Content-Length", "1"]] },
      { kind: "length", length: 1 },
      "a",
      ["content-length: 1"],
    ],
    [
      { framing: { kind: "chunked" }, body: "" },
      { kind: "length", length: 0 },
      undefined,
      ["content-length: 0"],
    ],
  ];
  for (const [content, framing, sent, length] of cases) {
    assertEquals(await signed("bedrock", content), {
      framing,
      sent,
      fields: [
        "host: aws.test",
        ...length,
        `x-amz-date: ${DATE}`,
        `x-amz-content-sha256: ${await hashOf(sent ?? "")}`,
      ],
      names: "host;x-amz-content-sha256;x-amz-date",
    });
  }
  const framing = { kind: "chunked" } as const;
  const refusal = await assertRejects(
    () => signed("bedrock", { framing, body: "x".repeat(LIMIT + 1) }),
    Refusal,
  );
  assertEquals(refusal.code, "too_large_to_sign");
});

Deno.test("a session token is sent and signed", async () => {
  const { fields, names } = await signed("s3", {}, keys("session"));
  assertEquals(fields, ["host: aws.test", ...UNSIGNED, "x-amz-security-token: session"]);
  assertEquals(names, "host;x-amz-content-sha256;x-amz-date;x-amz-security-token");
});

Deno.test("keys that are not set are named", async () => {
  const source = { current: undefined, former: [], describe: () => "the keys" };
  const options = {
    scope: { region: "us-east-1", service: "s3" },
    bodyLimit: LIMIT,
    memory: new BufferBudget(1),
    deadlines: new Deadlines(),
    timeoutMs: 1000,
  };
  const request = upstreamRequest();
  const cases = [
    [source, "the keys is unset"],
    [{ ...source, missing: () => ["A is unset", "B is unset"] }, "A is unset, B is unset"],
  ] as const;
  for (const [source, subject] of cases) {
    const credential = new AwsCredential({ ...options, source });
    const refusal = await assertRejects(() => credential.apply(request), Refusal);
    assertEquals([refusal.code, refusal.subject], ["token_unset", subject]);
  }
});

Deno.test("aws-chunked content goes out plain and with its length, and a checksum after it as a field", async () => {
  const checksum = "x-amz-checksum-crc32:AAAAAA==\r\n";
  const length = (size: number) => ["X-Amz-Decoded-Content-Length", `${size}`] as const;
  const coding = (value: string) => ["Content-Encoding", value] as const;
  const trailer = ["X-Amz-Trailer", "x-amz-checksum-crc32"] as const;
  const algorithm = ["x-amz-sdk-checksum-algorithm", "CRC32"] as const;
  const long = "x".repeat(LIMIT + 1);
  const cases: [fields: OutgoingField[], body: string, sent: string | undefined, rest: string[]][] = [
    [[coding("aws-chunked"), length(3)], chunked("abc"), "abc", ["content-length: 3"]],
    [[coding("aws-chunked, gzip"), length(3)], chunked("abc"), "abc", [
      "content-encoding: gzip",
      "content-length: 3",
    ]],
    // Without a length it is held to know one.
    [[coding("aws-chunked")], chunked("abc"), "abc", ["content-length: 3"]],
    [[coding("aws-chunked"), length(0)], chunked(""), undefined, ["content-length: 0"]],
    [[coding("aws-chunked"), length(3), trailer, algorithm], chunked("abc", checksum), "abc", [
      "x-amz-sdk-checksum-algorithm: CRC32",
      "content-length: 3",
      "x-amz-checksum-crc32: AAAAAA==",
    ]],
    [
      [coding("aws-chunked"), length(3), trailer],
      chunked("abc", `${checksum}x-amz-trailer-signature:0\r\n`),
      "abc",
      ["content-length: 3", "x-amz-checksum-crc32: AAAAAA=="],
    ],
    // Larger than what may be held: without its checksum.
    [[coding("aws-chunked"), length(long.length), trailer, algorithm], chunked(long, checksum), long, [
      `content-length: ${long.length}`,
    ]],
    [[coding("aws-chunked"), length(long.length), algorithm], chunked(long), long, [
      "x-amz-sdk-checksum-algorithm: CRC32",
      `content-length: ${long.length}`,
    ]],
    [
      [coding("aws-chunked"), length(LIMIT), trailer],
      chunked(long.slice(1), checksum),
      long.slice(1),
      [`content-length: ${LIMIT}`, "x-amz-checksum-crc32: AAAAAA=="],
    ],
  ];
  for (const [fields, body, sent, rest] of cases) {
    const framing = { kind: "length", length: body.length } as const;
    const result = await signed("s3", {
      fields: [...fields, ["Content-Length", `${body.length}`]],
      framing,
      body,
    });
    assertEquals([result.sent, result.fields], [sent, ["host: aws.test", ...rest, ...UNSIGNED]]);
    assertEquals(result.framing, { kind: "length", length: sent?.length ?? 0 });
  }
});

Deno.test("only a checksum that the client announced becomes a field", async () => {
  const { fields } = await signed("s3", {
    fields: [["content-encoding", "aws-chunked"], ["x-amz-trailer", "x-amz-checksum-crc32,x-amz-meta-a"]],
    framing: { kind: "chunked" },
    body: chunked("abc", "x-amz-meta-a:1\r\nx-amz-checksum-sha256:2\r\nx-amz-checksum-crc32:3\r\n"),
  });
  assertEquals(fields, ["host: aws.test", "content-length: 3", "x-amz-checksum-crc32: 3", ...UNSIGNED]);
  const refusal = await assertRejects(
    () => signed("s3", { fields: [["content-encoding", "aws-chunked"]], body: "3\r\nab" }),
    Refusal,
  );
  assertMatch(refusal.subject, /aws-chunked/);
});
