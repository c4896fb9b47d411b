/**
 * Requests that are signed with the keys of a role, which the service obtains under its exact permissions.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { signatureProblem, type VerifiedKeys } from "../support/aws_verifier.ts";
import type { Exchange } from "../support/exchange.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const IDENTITY = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZ2VudCJ9.signature-of-the-first";

/** The keys that the issuer issues for the nth time. */
function keysOf(count: number): Required<VerifiedKeys> {
  return {
    accessKeyId: `ASIAREALREALREAL000${count}`,
    secretAccessKey: `real/Secret+Key/of/the/role/number/${count}`,
    sessionToken: `IQoJb3JpZ2luX2VjEJr//real+session+${count}==`,
  };
}

function reply(count: number, lifeMs: number): string {
  const { accessKeyId, secretAccessKey, sessionToken } = keysOf(count);
  const expiration = new Date(Date.now() + lifeMs).toISOString().replace(/\.\d+/, "");
  return `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
    <SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration>
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

/** Starts an issuer, an upstream that verifies and echoes, and the service between them. */
async function start(issue: (exchange: Exchange, count: number) => Promise<void>) {
  const stack = new AsyncDisposableStack();
  let count = 0;
  const issued = () => Array.from({ length: count }, (_, at) => keysOf(at + 1));
  const asked: URLSearchParams[] = [];
  const issuer = stack.use(startUpstream(async (exchange) => {
    asked.push(new URLSearchParams(new TextDecoder().decode(await exchange.bodyBytes())));
    await issue(exchange, ++count);
  }));
  let keys: VerifiedKeys = keysOf(1);
  const problems: (string | undefined)[] = [];
  const upstream = stack.use(startUpstream(async (exchange) => {
    await exchange.drain();
    const { method, target, fields, received } = exchange;
    problems.push(await signatureProblem({ method, target, fields, body: received }, keys));
    await exchange.respond(200, [], `${exchange.head} ${JSON.stringify([issued(), IDENTITY])}`);
  }));
  const service = stack.use(
    await startService({
      routes: {
        routes: [{
          path: "/bedrock/",
          upstream: upstream.url,
          sign_with: {
            aws_sigv4: {
              region: "us-east-1",
              service: "bedrock",
              role_arn: "arn:aws:iam::123456789012:role/agent",
              web_identity_token_file: "identity",
              sts_endpoint: `${issuer.url}/`,
            },
          },
        }],
      },
      files: { identity: `${IDENTITY}\n` },
      env: { CRED_PROXY_DEBUG: "1" },
    }),
  );
  return {
    service,
    asked,
    problems,
    setKeys: (next: VerifiedKeys) => void (keys = next),
    post: () =>
      request(
        service.port,
        "POST /bedrock/x HTTP/1.1\r\nHost: proxy\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function assertNoSecret(text: string): void {
  for (const each of [...Object.values(keysOf(1)), ...Object.values(keysOf(2)), IDENTITY]) {
    assert(!text.includes(each), `${each} in ${text}`);
    assert(!text.includes(encodeURIComponent(each)), `${each}, encoded, in ${text}`);
  }
}

Deno.test("a role's keys are asked for once, sign all requests, and are in no response and no log", async () => {
  await using running = await start(async (exchange, count) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await exchange.respond(200, { "Content-Type": "text/xml" }, reply(count, 3_600_000));
  });
  const responses = await Promise.all(Array.from({ length: 40 }, running.post));
  assertEquals(new Set(responses.map(({ status }) => status)), new Set([200]));
  assertEquals(running.problems, responses.map(() => undefined));
  assertEquals(running.asked.map((each) => Object.fromEntries(each)), [{
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    DurationSeconds: "3600",
    RoleArn: "arn:aws:iam::123456789012:role/agent",
    RoleSessionName: "cred-proxy",
    WebIdentityToken: IDENTITY,
  }]);
  for (const { text, body } of responses) assertNoSecret(text + body.text);
  assertNoSecret(running.service.stderr());
});

Deno.test("a role's keys are replaced before they expire, and none that have expired sign", async () => {
  const lives = [3_000, 3_600_000];
  await using running = await start((exchange, count) =>
    exchange.respond(200, [], reply(count, lives[count - 1]!))
  );
  assertEquals((await running.post()).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  running.setKeys(keysOf(2));
  const { status, body } = await running.post();
  assertEquals([status, running.problems, running.asked.length], [200, [undefined, undefined], 2]);
  // The first keys are masked as well: a service may show what it stored.
  assertNoSecret(body.text);
});

Deno.test("an issuer that refuses or fails leads to 500 or 502, one line in the log, and no request to the upstream", async () => {
  const cases: [script: (exchange: Exchange) => Promise<void>, status: number, line: RegExp][] = [
    [
      (exchange) =>
        exchange.respond(403, [], `<Error><Code>AccessDenied</Code><Message>${IDENTITY}</Message></Error>`),
      500,
      /aws_role at 127\.0\.0\.1:\d+: no new token: IssuerError: 127\.0\.0\.1:\d+ responded with 403 \(AccessDenied\)/,
    ],
    [(exchange) => exchange.respond(500, [], IDENTITY), 502, /responded with 500/],
    [(exchange) => exchange.respond(200, [], `<html>${IDENTITY}</html>`), 502, /sent no AccessKeyId/],
    [(exchange) => exchange.respond(200, [], reply(1, -1000)), 502, /sent keys that have expired/],
  ];
  for (const [script, status, line] of cases) {
    await using running = await start(script);
    const responses = [await running.post(), await running.post()];
    assertEquals([responses.map((each) => each.status), running.problems], [[status, status], []]);
    await running.service.logged(line);
    assertEquals(running.asked.length, 1);
    assertNoSecret(running.service.stderr() + responses.map(({ text, body }) => text + body.text).join());
  }
});
