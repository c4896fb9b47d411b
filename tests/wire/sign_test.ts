/**
 * Requests that the service signs, verified by the AWS SDK's own signer where they arrive.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { signatureProblem } from "../support/aws_verifier.ts";
import type { Exchange } from "../support/exchange.ts";
import { useFixture } from "../support/fixture.ts";
import { derivedFlags, runMain } from "../support/run_main.ts";
import { startService } from "../support/service.ts";
import { connectRaw, request } from "../support/wire.ts";
import { within } from "../support/within.ts";

const KEYS = {
  accessKeyId: "AKIAREALREALREALREAL",
  secretAccessKey: "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",
};
const SESSION = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJIMEYC/real+session==";

const keys = { access_key_id_env: "AWS_ACCESS_KEY_ID", secret_access_key_env: "AWS_SECRET_ACCESS_KEY" };
const fixture = useFixture({
  routes: (upstream) =>
    [
      {
        path: "/bedrock/",
        upstream,
        sign_with: { aws_sigv4: { region: "us-east-1", service: "bedrock", ...keys } },
      },
      { path: "/s3/", upstream, sign_with: { aws_sigv4: { region: "eu-west-1", service: "s3", ...keys } } },
      {
        path: "/base/",
        upstream: `${upstream}/v1/x:y`,
        sign_with: { aws_sigv4: { region: "us-east-1", service: "execute-api", ...keys } },
      },
      {
        path: "/session/",
        upstream,
        sign_with: {
          aws_sigv4: {
            region: "us-east-1",
            service: "dynamodb",
            ...keys,
            session_token_env: "AWS_SESSION_TOKEN",
          },
        },
      },
      {
        path: "/small/",
        upstream,
        sign_body_limit_mb: 0.001,
        sign_with: { aws_sigv4: { region: "us-east-1", service: "bedrock", ...keys } },
      },
      {
        path: "/small-s3/",
        upstream,
        sign_body_limit_mb: 0.001,
        sign_with: { aws_sigv4: { region: "us-east-1", service: "s3", ...keys } },
      },
      {
        path: "/unset/",
        upstream,
        sign_with: {
          aws_sigv4: { region: "us-east-1", service: "s3", ...keys, session_token_env: "UNSET_TOKEN" },
        },
      },
    ].map((route) => ({ token_env: undefined, auth_scheme: undefined, ...route })),
  env: {
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    AWS_SESSION_TOKEN: SESSION,
    CRED_PROXY_LOG: "json",
    CRED_PROXY_DEBUG: "1",
  },
});

/** A client's own signature with placeholder keys, and at last the hash of its content. */
const PLACEHOLDER = [
  "Authorization: AWS4-HMAC-SHA256 Credential=AKIAPLACEHOLDER/20260101/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=00",
  "X-Amz-Date: 20260101T000000Z",
  "Date: Thu, 01 Jan 2026 00:00:00 GMT",
  "X-Amz-Security-Token: placeholder",
  "X-Amz-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

const WITHOUT_HASH = PLACEHOLDER.slice(0, -1);

interface Signed {
  readonly status: number;
  readonly exchange: Exchange | undefined;
  readonly body: string;
  /** What is wrong with the signature. */
  readonly problem: string | undefined;
}

interface Sent {
  readonly fields?: readonly string[];
  readonly own?: readonly string[];
  readonly body?: string;
}

/** Returns a request as it is sent. */
function messageOf(line: string, { fields = [], body, own = PLACEHOLDER }: Sent): string {
  const length = body === undefined || fields.some((field) => /^transfer-encoding/i.test(field))
    ? []
    : [`Content-Length: ${body.length}`];
  const head = [`${line} HTTP/1.1`, "Host: proxy", "Connection: close", ...own, ...fields, ...length];
  return `${head.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** Sends a request, and verifies what the upstream got. */
async function send(
  line: string,
  { keys = KEYS, ...sent }: Sent & { readonly keys?: Parameters<typeof signatureProblem>[1] } = {},
): Promise<Signed> {
  const { response, seen } = await fixture.ask(messageOf(line, sent), async (exchange) => {
    await exchange.drain();
    await exchange.respond(200, [], "ok");
  });
  const problem = seen === undefined ? "nothing came" : await signatureProblem({
    ...seen,
    method: seen.method,
    target: seen.target,
    fields: seen.fields,
    body: seen.received,
  }, keys);
  return {
    status: response.status,
    exchange: seen,
    body: seen === undefined ? "" : new TextDecoder().decode(seen.received),
    problem,
  };
}

Deno.test("a request is signed with the route's keys, whatever the client signed it with", async () => {
  const cases: [line: string, target: string, body?: string][] = [
    ["GET /bedrock/foundation-models", "/foundation-models"],
    ["GET /bedrock/foundation-models?byProvider=a+b&x=%7e", "/foundation-models?byProvider=a%20b&x=~"],
    [
      "POST /bedrock/model/anthropic.claude-v1%3A0/invoke",
      "/model/anthropic.claude-v1%3A0/invoke",
      '{"a":1}',
    ],
    ["POST /bedrock/model/anthropic.claude-v1:0/invoke", "/model/anthropic.claude-v1%3A0/invoke", ""],
    ["POST /base/a//b", "/v1/x%3Ay/a//b", "body"],
    ["GET /s3/bucket/a/b%20c%2Bd(1).txt?versionId=1", "/bucket/a/b%20c%2Bd%281%29.txt?versionId=1"],
    [
      "GET /s3/bucket//a//?list-type=2&prefix=a%2Fb&delimiter=%2F",
      "/bucket//a//?list-type=2&prefix=a%2Fb&delimiter=%2F",
    ],
    ["DELETE /s3/bucket/%C3%A9%E2%82%AC", "/bucket/%C3%A9%E2%82%AC"],
    ["PUT /s3/bucket/key", "/bucket/key", "content"],
  ];
  for (const [line, target, body] of cases) {
    const fields = ["Content-Type: application/json", "X-Amz-Meta-A: a   b ", "X-Other: c"];
    const sent = await send(line, body === undefined ? { fields } : { fields, body });
    assertEquals([sent.status, sent.problem, sent.exchange?.target, sent.body], [
      200,
      undefined,
      target,
      body ?? "",
    ], line);
    const text = sent.exchange?.head ?? "";
    for (const each of ["PLACEHOLDER", "placeholder", "20260101", "01 Jan 2026"]) {
      assert(!text.includes(each), text);
    }
    assertEquals(sent.exchange?.field("x-other"), "c");
  }
});

Deno.test("the host, the content's type and hash, and AWS's own fields are signed, and no others", async () => {
  const fields = ["Content-Type: a/b", "Content-MD5: c", "X-Amz-Meta-A: d", "X-Other: e", "User-Agent: f"];
  const sent = await send("PUT /s3/bucket/key", { fields, body: "content" });
  assertEquals([sent.status, sent.problem], [200, undefined]);
  assertMatch(
    sent.exchange?.field("authorization") ?? "",
    / SignedHeaders=content-md5;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a,/,
  );
});

Deno.test("a session token is sent and signed, and only the route's own", async () => {
  const { problem } = await send("POST /session/", {
    fields: ["X-Amz-Target: DynamoDB_20120810.ListTables"],
    body: "{}",
    keys: { ...KEYS, sessionToken: SESSION },
  });
  assertEquals(problem, undefined);
});

Deno.test("a query that a client signed in advance loses the client's signature, and nothing else", async () => {
  const presigned =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAPLACEHOLDER%2F20260101%2Fus-east-1%2Fs3%2Faws4_request" +
    "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
  const sent = await send(`GET /s3/bucket/key?${presigned}&x-id=GetObject&response-content-type=a%2Fb`);
  assertEquals([sent.problem, sent.exchange?.target], [
    undefined,
    "/bucket/key?x-id=GetObject&response-content-type=a%2Fb",
  ]);
});

Deno.test("a chunked body is hashed whole and sent with its length", async () => {
  const body = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  const sent = await send("POST /bedrock/x", { fields: ["Transfer-Encoding: chunked"], body });
  assertEquals([sent.problem, sent.body, sent.exchange?.field("content-length")], [
    undefined,
    "hello world",
    "11",
  ]);
  assertEquals(sent.exchange?.field("transfer-encoding"), undefined);
});

Deno.test("a body that is too large to sign gets 413, and nothing reaches the upstream", async () => {
  const large = "x".repeat(1100);
  for (
    const [fields, body] of [[[], large], [
      ["Transfer-Encoding: chunked"],
      `44c\r\n${large}\r\n0\r\n\r\n`,
    ]] as const
  ) {
    const sent = await send("POST /small/x", { fields, body });
    assertEquals([sent.status, sent.exchange], [413, undefined]);
  }
  assertEquals((await send("POST /small/x", { body: "x".repeat(1000) })).problem, undefined);
  // To S3 a body passes unsigned.
  const unsigned = await send("PUT /small-s3/b/k", { body: large });
  assertEquals([unsigned.problem, unsigned.body], [undefined, large]);
});

/** A body in `aws-chunked`, as SDKs send it. */
function awsChunked(content: string, { size = 7, trailer = "", isSigned = false } = {}): string {
  const extension = isSigned ? `;chunk-signature=${"0".repeat(64)}` : "";
  let text = "";
  for (let at = 0; at < content.length; at += size) {
    const part = content.slice(at, at + size);
    text += `${part.length.toString(16)}${extension}\r\n${part}\r\n`;
  }
  return `${text}0${extension}\r\n${trailer}\r\n`;
}

const CONTENT = "The quick brown fox jumps over the lazy dog";

Deno.test("aws-chunked is taken apart: the content goes out plain, with its length, and its checksum as a field", async () => {
  const trailer = "x-amz-checksum-crc32:QU+jOQ==\r\n";
  const signed = `${trailer}x-amz-trailer-signature:${"0".repeat(64)}\r\n`;
  const length = `X-Amz-Decoded-Content-Length: ${CONTENT.length}`;
  const named = ["X-Amz-Trailer: x-amz-checksum-crc32", "X-Amz-Sdk-Checksum-Algorithm: CRC32"];
  const cases: [name: string, fields: string[], body: string, checksum: string | undefined][] = [
    [
      "an unsigned trailer",
      ["X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", ...named, length],
      awsChunked(CONTENT, { trailer }),
      "QU+jOQ==",
    ],
    [
      "a signed trailer",
      ["X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", ...named, length],
      awsChunked(CONTENT, { trailer: signed, isSigned: true }),
      "QU+jOQ==",
    ],
    [
      "signed chunks",
      ["X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD", length],
      awsChunked(CONTENT, { isSigned: true }),
      undefined,
    ],
    [
      "no stated length",
      ["X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
      awsChunked(CONTENT),
      undefined,
    ],
  ];
  for (const [name, fields, body, checksum] of cases) {
    for (const encoding of ["aws-chunked", "aws-chunked,gzip", "gzip, aws-chunked"]) {
      const sent = await send("PUT /s3/b/k", {
        own: WITHOUT_HASH,
        fields: [...fields, `Content-Encoding: ${encoding}`],
        body,
      });
      const { exchange } = sent;
      assertEquals([sent.problem, sent.body, exchange?.field("content-length")], [
        undefined,
        CONTENT,
        `${CONTENT.length}`,
      ], name);
      assertEquals(exchange?.field("x-amz-checksum-crc32"), checksum, name);
      assertEquals(exchange?.field("content-encoding"), encoding === "aws-chunked" ? undefined : "gzip");
      assertEquals(exchange?.field("x-amz-sdk-checksum-algorithm"), checksum && "CRC32");
      for (const gone of ["x-amz-trailer", "x-amz-decoded-content-length", "transfer-encoding"]) {
        assertEquals(exchange?.field(gone), undefined, gone);
      }
    }
  }
});

Deno.test("aws-chunked content over the limit passes as it arrives, without its checksum", async () => {
  const content = "0123456789".repeat(20_000);
  const sent = await send("PUT /small-s3/b/k", {
    fields: [
      "Content-Encoding: aws-chunked",
      "X-Amz-Trailer: x-amz-checksum-crc32",
      "X-Amz-Sdk-Checksum-Algorithm: CRC32",
      `X-Amz-Decoded-Content-Length: ${content.length}`,
    ],
    body: awsChunked(content, { size: 65_536, trailer: "x-amz-checksum-crc32:QU+jOQ==\r\n" }),
  });
  assertEquals([sent.problem, sent.body === content], [undefined, true]);
  assertEquals(sent.exchange?.field("x-amz-sdk-checksum-algorithm"), undefined);
});

Deno.test("aws-chunked content that is malformed, short or long is refused or cut, and never complete", async () => {
  const fields = ["Content-Encoding: aws-chunked", "X-Amz-Trailer: x-amz-checksum-crc32"];
  const bodies = [
    awsChunked(CONTENT).replace("7\r\n", "8\r\n"),
    awsChunked(CONTENT).slice(0, -4),
    `${awsChunked(CONTENT)}more`,
    awsChunked(`${CONTENT}!`),
    awsChunked(CONTENT.slice(1)),
    CONTENT,
    "",
  ];
  const sentOf = (body: string, length: string | number) => ({
    fields: [...fields, `X-Amz-Decoded-Content-Length: ${length}`],
    body,
  });
  const put = (path: string, body: string, length: string | number) =>
    send(`PUT ${path}`, sentOf(body, length));
  for (const body of bodies) {
    const { status, exchange } = await put("/s3/b/k", body, CONTENT.length);
    assertEquals([status, exchange], [400, undefined], body);
  }
  for (const length of ["-1", "1, 1", "x"]) {
    const { status, exchange } = await put("/s3/b/k", awsChunked(CONTENT), length);
    assertEquals([status, exchange], [400, undefined], length);
  }
  // Over the limit for signing, some reach the upstream before they are cut, possibly after the client's response, and even
  // after the next one.
  const before = fixture.upstream.requests.length;
  for (const body of bodies) {
    const message = messageOf("PUT /small-s3/b/k", sentOf(body, 1100));
    assertEquals((await request(fixture.service.port, message)).status, 400, body);
  }
  const arrived = () => fixture.upstream.requests.slice(before);
  await within(Promise.all(arrived().map((each) => each.closed)), "The end of what arrived");
  assertEquals(arrived().filter((each) => each.complete).map((each) => each.received.length), []);
});

Deno.test("a body whose every event the client signs is refused", async () => {
  const sent = await send("POST /bedrock/x", {
    own: WITHOUT_HASH,
    fields: ["X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-EVENTS"],
    body: "x",
  });
  assertEquals([sent.status, sent.exchange], [400, undefined]);
});

Deno.test("an upload to S3 passes as it arrives", async () => {
  let first = "";
  const got = Promise.withResolvers<void>();
  fixture.setScript(async (exchange) => {
    for await (const part of exchange.body()) {
      if (first === "") got.resolve();
      first += new TextDecoder().decode(part);
    }
    await exchange.respond(200, [], "ok");
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send("PUT /s3/b/k HTTP/1.1\r\nHost: proxy\r\nContent-Length: 10\r\n\r\nhello");
  await got.promise;
  assertEquals(first, "hello");
  await wire.send("world");
  assertEquals([(await wire.readResponse()).status, first], [200, "helloworld"]);
});

Deno.test("events pass as they come", async () => {
  const released = Promise.withResolvers<void>();
  fixture.setScript(async (exchange) => {
    await exchange.drain();
    await exchange.write(
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    await exchange.writeChunk(new Uint8Array([0, 0, 0, 99, 1]));
    await released.promise;
    await exchange.writeChunk("end");
    await exchange.writeChunk();
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(
    "POST /bedrock/model/x/invoke-with-response-stream HTTP/1.1\r\nHost: proxy\r\nContent-Length: 2\r\n\r\n{}",
  );
  await wire.readUntil("\r\n\r\n");
  assertEquals(await wire.readBytes(10), new Uint8Array([0x35, 13, 10, 0, 0, 0, 99, 1, 13, 10]));
  released.resolve();
});

Deno.test("a key that is not set gets 500 with the names of the variables, and no secret is in any response or log", async () => {
  const { response } = await fixture.ask("GET /unset/x HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n");
  assertEquals(response.status, 500);
  assertMatch(response.body.text, /"The token of this route is not set: UNSET_TOKEN is unset or empty"/);
  const echoed = await fixture.ask(
    "GET /session/x HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n",
    (exchange) =>
      exchange.respond(
        200,
        [["X-Echo", exchange.head.replaceAll(/\r\n/g, " ")]],
        `${exchange.head} ${KEYS.secretAccessKey} ${encodeURIComponent(SESSION)}`,
      ),
  );
  assert(echoed.seen?.head.includes(SESSION));
  const all = echoed.response.text + echoed.response.body.text + fixture.service.stdout() +
    fixture.service.stderr();
  for (const secret of [KEYS.accessKeyId, KEYS.secretAccessKey, SESSION, encodeURIComponent(SESSION)]) {
    assert(!all.includes(secret), secret);
  }
});

Deno.test("check says what signs, and what is not set, and finds nothing odd about keys", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/routes.json`;
  const route = (path: string, more: object) => ({
    path,
    upstream: "https://s3.example",
    sign_with: { aws_sigv4: { region: "eu-west-1", service: "s3", ...more } },
  });
  const table = {
    // Only with clients are secrets compared.
    clients: [{ name: "ci", token_env: "CI_TOKEN", routes: "*" }],
    routes: [
      route("/keys/", keys),
      route("/part/", { ...keys, session_token_env: "UNSET_TOKEN" }),
      route("/role/", {
        role_arn: "arn:aws:iam::123456789012:role/agent",
        web_identity_token_file: "identity",
      }),
    ],
  };
  try {
    await Deno.writeTextFile(file, JSON.stringify(table));
    const { code, stdout, stderr } = await runMain(["check"], {
      env: {
        CRED_PROXY_ROUTES: file,
        CI_TOKEN: "a-token-of-a-client",
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      },
    });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\n").slice(1, 4), [
      "  /keys/ → https://s3.example, signed for s3 in eu-west-1 by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set",
      "  /part/ → https://s3.example, signed for s3 in eu-west-1 by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY and UNSET_TOKEN UNSET: this route will respond with 500",
      "  /role/ → https://s3.example, signed for s3 in eu-west-1 by aws_role at sts.eu-west-1.amazonaws.com with the file identity; UNSET: the file identity does not exist: this route will respond with 500",
    ]);
    const env = { CRED_PROXY_ROUTES: file, CRED_PROXY_BIND: "127.0.0.1" };
    const flags = await derivedFlags(env);
    assertEquals(
      flags.find((flag) => flag.startsWith("--allow-net")),
      "--allow-net=127.0.0.1:9099,s3.example:443,sts.eu-west-1.amazonaws.com:443",
    );
    assertMatch(
      flags.find((flag) => flag.startsWith("--allow-env"))!,
      /,AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,CI_TOKEN,UNSET_TOKEN$/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("content that is held to be signed is taken from the memory that all streams share", async () => {
  await using service = await startService({
    routes: {
      routes: [{
        path: "/a/",
        upstream: "http://127.0.0.1:9",
        sign_with: { aws_sigv4: { region: "us-east-1", service: "bedrock", ...keys } },
      }],
    },
    env: {
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      CRED_PROXY_BUFFER_MB: "16",
    },
  });
  const statusOf = async (size: number) => {
    const head = `POST /a/x HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`;
    return (await request(service.port, head + "x".repeat(size))).status;
  };
  assertEquals([await statusOf(17 * 1024 * 1024), await statusOf(15 * 1024 * 1024)], [503, 502]);
});

Deno.test("content that never reaches an upstream does not use up the memory of those after it", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  await using service = await startService({
    routes: {
      routes: [{
        path: "/a/",
        upstream: `http://127.0.0.1:${port}`,
        sign_with: { aws_sigv4: { region: "us-east-1", service: "bedrock", ...keys } },
      }],
    },
    env: { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
  });
  const size = 22 * 1024 * 1024;
  const body = "x".repeat(size);
  // Together more than may be held at once.
  for (let count = 0; count < 3; count++) {
    const head = `POST /a/x HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`;
    assertEquals((await request(service.port, head + body)).status, 502);
  }
});
