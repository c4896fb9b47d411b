import { startIssuer } from "../support/issuer.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { RegistryLogin } from "../../lib/config/route/token_from.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { RegistryIssuer } from "../../lib/tokens/registry_minter.ts";
import { RegistryTokens } from "../../lib/tokens/registry_tokens.ts";
import { scopeFor } from "../../lib/tokens/registry_scope.ts";

Deno.test("scopeFor() names the repository of a request and what the request does, and no more", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const cases: readonly (readonly [request: string, scope: string])[] = [
    ["GET /v2/", ""],
    ["GET /v2/_catalog", "registry:catalog:*"],
    ["GET /v2/library/alpine/manifests/latest", "repository:library/alpine:pull"],
    ["HEAD /v2/alpine/manifests/3.20", "repository:alpine:pull"],
    [`GET /v2/acme/a/b-c__d.e/blobs/${digest}`, "repository:acme/a/b-c__d.e:pull"],
    [`GET /v2/acme/image/blobs/${digest.replace(":", "%3A")}`, "repository:acme/image:pull"],
    [`GET /v2/acme/image/referrers/${digest}`, "repository:acme/image:pull"],
    ["GET /v2/acme/image/tags/list", "repository:acme/image:pull"],
    ["POST /v2/acme/image/blobs/uploads/", "repository:acme/image:pull,push"],
    ["PATCH /v2/acme/image/blobs/uploads/1-2_3=", "repository:acme/image:pull,push"],
    ["GET /v2/acme/image/blobs/uploads/1", "repository:acme/image:pull,push"],
    ["DELETE /v2/acme/image/blobs/uploads/1", "repository:acme/image:pull,push"],
    ["PUT /v2/acme/image/manifests/1", "repository:acme/image:pull,push"],
    ["DELETE /v2/acme/image/manifests/1", "repository:acme/image:delete"],
    [`DELETE /v2/acme/image/blobs/${digest}`, "repository:acme/image:delete"],
    ["GET /v2/acme/manifests/image/manifests/1", "repository:acme/manifests/image:pull"],
    // Methods that the specification does not have there.
    ["OPTIONS /v2/acme/image/tags/list", "repository:acme/image:pull"],
    ["PROPFIND /v2/acme/image/manifests/1", "repository:acme/image:pull"],
    ["get /v2/acme/image/manifests/1", "repository:acme/image:pull"],
    ["POST /v2/acme/image/manifests/1", "repository:acme/image:pull"],
    ["OPTIONS /v2/acme/image/blobs/uploads/1", "repository:acme/image:pull"],
    // What is no repository, or is in another spelling.
    ["GET /v2/acme/image/other/1", ""],
    ["GET /v2/Acme/image/manifests/1", ""],
    ["GET /v2/acme%2Fimage/manifests/1", ""],
    ["GET /v2/acme/image:pull,push/manifests/1", ""],
    ["GET /v2//image/manifests/1", ""],
    ["GET /v2/acme image/manifests/1", ""],
    ["GET /v1/acme/image/manifests/1", ""],
    [`GET /v2/${"a/".repeat(600)}a/manifests/1`, ""],
  ];
  for (const [request, scope] of cases) {
    const [method = "", path = ""] = request.split(/ (.*)/s);
    assertEquals(scopeFor({ method, path }), scope, request);
  }
});

/** The login to a registry whose token service is at this URL, with a user unless the password holds it. */
function loginAt(url: string, user: string | undefined): RegistryLogin {
  const { port } = new URL(url);
  const upstream = {
    scheme: "http",
    host: "127.0.0.1",
    port: Number(port),
    authority: `127.0.0.1:${port}`,
    base: "/token",
  } as const;
  return {
    kind: "registry",
    endpoint: { upstream, target: "/token", url },
    service: "r",
    user,
    password: { from: "variable", name: "P", kind: "token" },
  };
}

/** What asks for tokens at a login. */
function issuerOf(login: RegistryLogin, read: () => Secret | undefined): RegistryIssuer {
  return new RegistryIssuer(login, {
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    read,
  });
}

Deno.test("RegistryTokens keeps every token that is valid, refuses one too many, and forgets those that are over", async () => {
  await using server = startIssuer(({ number }) => ({
    token: `minted-hJ2Tq8vXbN5zR1cD-${number}`,
    expires_in: 100,
  }));
  const secret = Secret.of("password");
  const issuer = issuerOf(loginAt(server.url, "me"), () => secret);
  let now = 1_000_000;
  const clock = { wall: () => now, ticks: () => now };
  const tokens = new RegistryTokens(issuer, { changes: new ChangeCounter(), report() {}, clock }, 2);
  const use = async (name: string) => {
    const source = tokens.forRequest({ method: "GET", target: `/v2/${name}/tags/list?n=1` });
    await source.ready();
    return source.current?.reveal();
  };
  assertEquals(tokens.status(), {
    expiry: undefined,
    renewed: undefined,
    failure: undefined,
    refreshes: { succeeded: 0, failed: 0 },
  });
  const one = await use("a");
  now += 1;
  const two = await use("b");
  assertEquals([tokens.status().renewed, tokens.status().expiry], [1_000_001, 1_100_001]);
  assertEquals(await use("a"), one);
  const refusal = assertThrows(
    () => tokens.forRequest({ method: "GET", target: "/v2/c/tags/list" }),
    Refusal,
  );
  assertEquals([refusal.code, refusal.retryAfterS], ["rate_limited", 60]);
  assertEquals(tokens.former.map((each) => each.reveal()).toSorted(), [one, two].toSorted());
  // A token that the issuer has stated to be valid is masked to its end, although it is not sent in its last moments.
  now += 99_000;
  assertThrows(() => tokens.forRequest({ method: "GET", target: "/v2/c/tags/list" }), Refusal);
  now += 1_000;
  assert(await use("c"));
  assertEquals(tokens.former.length, 1);
  assertEquals(tokens.status().refreshes, { succeeded: 3, failed: 0 });
});

Deno.test("a password that the token service rejects is not tried again until it changes, or a reload", async () => {
  await using server = startIssuer(() => ({ status: 401, text: "{}" }));
  let secret = Secret.of("password");
  const issuer = issuerOf(loginAt(server.url, "me"), () => secret);
  const clock = { wall: () => 1_000_000, ticks: () => 0 };
  const tokens = new RegistryTokens(issuer, { changes: new ChangeCounter(), report() {}, clock });
  const use = async (name: string) => {
    const source = tokens.forRequest({ method: "GET", target: `/v2/${name}/tags/list` });
    const refusal = await assertRejects(async () => await source.ready(), Refusal);
    return [refusal.code, source.status().failure?.text, server.requests.length];
  };
  const { authority } = issuer.from.endpoint.upstream;
  const responded = `IssuerError: ${authority} responded with 401`;
  assertEquals(await use("a"), ["token_refused", responded, 1]);
  assertEquals(await use("b"), ["token_refused", `IssuerError: ${authority} rejected the password`, 1]);
  secret = Secret.of("another");
  assertEquals(await use("c"), ["token_refused", responded, 2]);
  tokens.retry();
  assertEquals(await use("a"), ["token_refused", responded, 3]);
  assertEquals(tokens.status().refreshes, { succeeded: 0, failed: 4 });
});

Deno.test("a repository that was refused is asked for again after a minute", async () => {
  await using server = startIssuer(() => ({ status: 403, text: "{}" }));
  let now = 1_000_000;
  const clock = { wall: () => now, ticks: () => now };
  const secret = Secret.of("password");
  const issuer = issuerOf(loginAt(server.url, "me"), () => secret);
  const tokens = new RegistryTokens(issuer, { changes: new ChangeCounter(), report() {}, clock });
  const asked: number[] = [];
  for (const time of [0, 59_999, 60_000]) {
    now = 1_000_000 + time;
    const source = tokens.forRequest({ method: "GET", target: "/v2/a/tags/list" });
    await assertRejects(async () => await source.ready(), Refusal);
    asked.push(server.requests.length);
  }
  assertEquals(asked, [1, 1, 2]);
  tokens.retry();
  await assertRejects(
    async () => await tokens.forRequest({ method: "GET", target: "/v2/a/tags/list" }).ready(),
    Refusal,
  );
  assertEquals(server.requests.length, 3);
  // The latest of all failures, whichever repository's it is.
  const times: (number | undefined)[] = [];
  for (const name of ["b", "c", "a"]) {
    now += 100_000;
    const source = tokens.forRequest({ method: "GET", target: `/v2/${name}/tags/list` });
    await assertRejects(async () => await source.ready(), Refusal);
    times.push(tokens.status().failure?.time);
  }
  assertEquals(times, [1_160_000, 1_260_000, 1_360_000]);
});

Deno.test("the password is masked alone where the secret holds the user before it", () => {
  const secretsOf = (secret: string | undefined, user?: string) =>
    issuerOf(loginAt("http://127.0.0.1:1", user), () => secret === undefined ? undefined : Secret.of(secret))
      .secrets().map((each) => each.reveal());
  assertEquals(secretsOf("me:pass:word"), ["pass:word"]);
  assertEquals(secretsOf("password"), []);
  assertEquals(secretsOf("me:password", "me"), []);
  assertEquals(secretsOf(undefined), []);
});

Deno.test("a registry's token whose life is not stated lives for a minute", async () => {
  await using server = startIssuer(({ number }) =>
    number === 1 ? { token: "token" } : { access_token: "token", expires_in: 300 }
  );
  const issuer = issuerOf(loginAt(server.url, "me"), () => Secret.of("password"));
  assertEquals([(await issuer.ask("")).lifeMs, (await issuer.ask("")).lifeMs], [60_000, 300_000]);
});

Deno.test("requests that are about no repository share one token, which is not limited with the others", async () => {
  await using server = startIssuer(({ number }) => ({ token: `token-${number}` }));
  const secret = Secret.of("password");
  const issuer = issuerOf(loginAt(server.url, "me"), () => secret);
  const tokens = new RegistryTokens(issuer, { changes: new ChangeCounter(), report() {} }, 1);
  for (const target of ["/v2/", "/v2/?n=/v2/a/tags/list", Secret.of("/v2/a/tags/list")]) {
    const source = tokens.forRequest({ method: "GET", target });
    await source.ready();
    assertEquals([source.current?.reveal(), tokens.current?.reveal()], ["token-1", "token-1"]);
  }
  await tokens.forRequest({ method: "GET", target: "/v2/a/tags/list" }).ready();
  assertEquals(tokens.former.map((each) => each.reveal()), ["token-2"]);
  assertEquals(server.requests.length, 2);
});

Deno.test("what was asked for repositories that are forgotten is still counted", async () => {
  await using server = startIssuer(() => ({ status: 403, text: "{}" }));
  const secret = Secret.of("password");
  const issuer = issuerOf(loginAt(server.url, "me"), () => secret);
  const tokens = new RegistryTokens(issuer, { changes: new ChangeCounter(), report() {} }, 1);
  for (const name of ["a", "b", "c"]) {
    const source = tokens.forRequest({ method: "GET", target: `/v2/${name}/tags/list` });
    await assertRejects(async () => await source.ready(), Refusal);
  }
  assertEquals(tokens.status().refreshes, { succeeded: 0, failed: 3 });
});
