/**
 * What a route's credential does to a request: where the token goes, which token it is, and when it is waited for.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { loadSigning } from "../../lib/credentials/load_signing.ts";
import { openCredential } from "../../lib/credentials/open_credential.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { packAwsKeys } from "../../lib/tokens/aws_keys.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import type { TokenSource } from "../../lib/tokens/token_source.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import type { OutgoingField, UpstreamRequest } from "../../lib/upstream/transport.ts";
import { routeOf } from "../support/route.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

const OPTIONS = { deadlines: new Deadlines(), budget: new BufferBudget(1000) };

function requestTo(target: string, fields: OutgoingField[] = []): UpstreamRequest {
  return upstreamRequest({ target, fields });
}

function revealed(text: string | Secret): string {
  return text instanceof Secret ? text.reveal() : text;
}

/** Applies a route's credential. @returns The target and the fields that are sent. */
async function applied(fields: object, source: TokenSource, target = "/v1/x?a=1") {
  const request = requestTo(target, [["accept", "*/*"]]);
  const route = routeOf(fields);
  const signing = await loadSigning([route]);
  await openCredential(route, source, { ...OPTIONS, signing }).apply(request);
  return [
    revealed(request.target),
    ...request.fields.slice(1).map(([name, value]) => `${name}: ${revealed(value)}`),
  ];
}

Deno.test("a token goes where its route says: into a field, the query, the path, or nowhere", async () => {
  const source = new StoredToken("A_TOKEN", Secret.of("to/ken"));
  const noField = { auth_scheme: undefined };
  const cases: [fields: object, sent: string[], target?: string][] = [
    [{}, ["/v1/x?a=1", "Authorization: Bearer to/ken"]],
    [{ auth_scheme: "", auth_header: "X-Api-Key" }, ["/v1/x?a=1", "X-Api-Key: to/ken"]],
    [{ auth_scheme: "Basic", auth_user: "me" }, [
      "/v1/x?a=1",
      `Authorization: Basic ${btoa("me:to/ken")}`,
    ]],
    [{ ...noField, auth_query: "key" }, ["/v1/x?key=to%2Fken&a=1"]],
    [
      { ...noField, upstream: "https://api.test/bot{token}" },
      ["/botto%2Fken/v1/x?a=1"],
      "/bot{token}/v1/x?a=1",
    ],
    [{ ...noField, token_env: undefined, anonymous: true }, ["/v1/x?a=1"]],
  ];
  for (const [fields, sent, target] of cases) assertEquals(await applied(fields, source, target), sent);
});

Deno.test("a route that signs adds a signature", async () => {
  const keys = packAwsKeys({
    accessKeyId: Secret.of("ID"),
    secretAccessKey: Secret.of("KEY"),
    sessionToken: undefined,
  });
  const aws = { region: "eu-central-1", service: "s3", access_key_id_env: "I", secret_access_key_env: "K" };
  const [target, ...fields] = await applied(
    { auth_scheme: undefined, token_env: undefined, sign_with: { aws_sigv4: aws } },
    { current: keys, former: [], describe: () => "keys" },
  );
  assertEquals([target, ...fields.map((field) => field.split(/: | Cred/)[1])].toSpliced(1, 1), [
    "/v1/x?a=1",
    "UNSIGNED-PAYLOAD",
    "AWS4-HMAC-SHA256",
  ]);
});

Deno.test("a token that is replaced is sent from then on, and one that is not set is refused with its name", async () => {
  const source = new StoredToken("A_TOKEN", undefined);
  const credential = openCredential(routeOf(), source, OPTIONS);
  const sent = async () => {
    const request = requestTo("/");
    await credential.apply(request);
    return request.fields.map(([, value]) => revealed(value));
  };
  const refusal = await assertRejects(sent, Refusal);
  assertEquals([refusal.code, refusal.subject], ["token_unset", "A_TOKEN is unset or empty"]);
  for (const text of ["one", "two"]) {
    source.replace(Secret.of(text));
    for (let count = 0; count < 2; count++) assertEquals(await sent(), [`Bearer ${text}`]);
  }
});

Deno.test("a token that was taken away is not sent", () => {
  const source = { current: Secret.of("one") as Secret | undefined, former: [], describe: () => "It" };
  const credential = openCredential(routeOf(), source, OPTIONS);
  const request = requestTo("/");
  assertEquals([credential.apply(request), request.fields.length], [undefined, 1]);
  source.current = undefined;
  assertThrows(() => credential.apply(requestTo("/")), Refusal);
});

Deno.test("a request waits for its token, and gets the one that is meant for it", async () => {
  const ready = Promise.withResolvers<void>();
  const own = {
    current: undefined as Secret | undefined,
    former: [],
    describe: () => "own",
    ready: () => ready.promise,
  };
  const asked: unknown[] = [];
  const source: TokenSource = {
    current: Secret.of("of-all"),
    former: [],
    describe: () => "all",
    forRequest({ method, target }) {
      asked.push([method, target]);
      return own;
    },
  };
  const request = requestTo("/v2/a");
  const applied = openCredential(routeOf(), source, OPTIONS).apply(request);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(request.fields, []);
  own.current = Secret.of("own-token");
  ready.resolve();
  await applied;
  assertEquals(request.fields.map(([, value]) => revealed(value)), ["Bearer own-token"]);
  assertEquals(asked, [["GET", "/v2/a"]]);
});
