/**
 * Tokens that an issuer issues, from a service under its exact flags.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { startAdmin } from "../support/admin.ts";
import { makeAuthority } from "../support/authority.ts";
import { startEgressProxy } from "../support/egress_proxy.ts";
import { startIssuer, type TokenAnswer } from "../support/issuer.ts";
import { makeRsaKey } from "../support/rsa_key.ts";
import { type Service, startService } from "../support/service.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const SECRET = "client-secret-Wq7Zt2LmK9xB4vNc";
const OK: Script = (exchange) => exchange.respond(200, [], "ok");

/** Returns a route whose token comes from an issuer, with further members of `oauth2`. */
function routeTo(upstream: Upstream, issuer: { readonly url: string }, oauth2: object = {}): object {
  return {
    path: "/a/",
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_from: {
      oauth2: {
        token_url: `${issuer.url}/token`,
        grant: "client_credentials",
        client_id: "me",
        client_secret_env: "CLIENT_SECRET",
        ...oauth2,
      },
    },
  };
}

function start(routes: readonly object[], env: Record<string, string> = {}): Promise<Service> {
  return startService({ routes: { routes }, env: { CLIENT_SECRET: SECRET, ...env } });
}

function ask(service: Service, path = "/a/x") {
  return request(service.port, `GET ${path} HTTP/1.1\r\nHost: proxy\r\n\r\n`);
}

/** Returns a token that is as long and as unlike others as a real one. */
function tokenOf(number: number): string {
  return `minted-${number}-hJ2Tq8vXbN5zR1cD4fG7`;
}

const issueAll = (expires_in: number) => ({ number }: { readonly number: number }): TokenAnswer => ({
  access_token: tokenOf(number),
  token_type: "Bearer",
  expires_in,
});

Deno.test("a token is obtained for the first request, and used until it is nearly over", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(issueAll(3600));
  await using service = await start([
    routeTo(upstream, issuer, { scope: "a b", audience: "me & you", parameters: { resource: "https://r" } }),
  ]);
  assertEquals(issuer.requests.length, 0);
  for (let count = 0; count < 3; count++) assertEquals((await ask(service)).status, 200);
  assertEquals(upstream.requests.map((each) => each.field("authorization")), [
    `Bearer ${tokenOf(1)}`,
    `Bearer ${tokenOf(1)}`,
    `Bearer ${tokenOf(1)}`,
  ]);
  const [{ exchange, parameters }] = issuer.requests as [typeof issuer.requests[0]];
  assertEquals([exchange.method, exchange.target], ["POST", "/token"]);
  assertEquals(parameters, {
    grant_type: "client_credentials",
    scope: "a b",
    audience: "me & you",
    resource: "https://r",
  });
  assertEquals(exchange.field("authorization"), `Basic ${btoa(`me:${SECRET}`)}`);
  assertEquals(exchange.field("content-type"), "application/x-www-form-urlencoded");
});

Deno.test("200 requests at the moment of expiry make one request for a token, and none gets an old or no token", async () => {
  const issued = new Map<string, number>();
  await using upstream = startUpstream((exchange) => {
    const token = exchange.field("authorization")?.slice("Bearer ".length) ?? "";
    return exchange.respond(performance.now() < (issued.get(token) ?? 0) ? 200 : 401, [], "ok");
  });
  await using issuer = startIssuer(async ({ number }) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const life = number === 1 ? 1 : 3600;
    issued.set(tokenOf(number), performance.now() + life * 1000);
    return { access_token: tokenOf(number), expires_in: life };
  });
  await using service = await start([routeTo(upstream, issuer)]);
  assertEquals((await ask(service)).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await ask(service)).status));
  assertEquals(statuses.filter((status) => status === 200).length, 200);
  assertEquals(issuer.requests.length, 2);
});

Deno.test("a token is renewed in the background while the old one is valid, and no request waits for it", async () => {
  const released = Promise.withResolvers<void>();
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(async ({ number }) => {
    if (number === 2) await released.promise;
    return { access_token: tokenOf(number), expires_in: 4 };
  });
  await using service = await start([routeTo(upstream, issuer)]);
  await ask(service);
  await new Promise((resolve) => setTimeout(resolve, 3250));
  // It waits for nothing, although the issuer does not respond.
  assertEquals((await ask(service)).status, 200);
  assertEquals(upstream.requests.at(-1)?.field("authorization"), `Bearer ${tokenOf(1)}`);
  released.resolve();
  const until = Date.now() + 2000;
  while (upstream.requests.at(-1)?.field("authorization") !== `Bearer ${tokenOf(2)}`) {
    assert(Date.now() < until, "The new token was not used");
    assertEquals((await ask(service)).status, 200);
  }
  assertEquals(issuer.requests.length, 2);
});

Deno.test("routes with equal definitions share a token, others do not", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(issueAll(3600));
  await using service = await start([
    routeTo(upstream, issuer),
    { ...routeTo(upstream, issuer), path: "/b/" },
    { ...routeTo(upstream, issuer, { scope: "other" }), path: "/c/" },
  ]);
  for (const path of ["/a/x", "/b/x", "/c/x"]) await ask(service, path);
  assertEquals(
    upstream.requests.map((each) => each.field("authorization")),
    [1, 1, 2].map((number) => `Bearer ${tokenOf(number)}`),
  );
});

/** What a bad issuer does, and what the client and the log get. */
const BAD: readonly {
  readonly name: string;
  readonly answer: TokenAnswer | "slow" | "down";
  readonly status: number;
  readonly line: RegExp;
}[] = [
  { name: "down", answer: "down", status: 502, line: /can't be reached: .*ConnectionRefused/ },
  {
    name: "400",
    answer: { status: 400, text: `{"error":"invalid_client","error_description":"${SECRET}"}` },
    status: 500,
    line: /responded with 400 \(invalid_client\)/,
  },
  {
    name: "400 with an unknown code",
    answer: { status: 400, text: `{"error":"${SECRET}"}` },
    status: 500,
    line: /responded with 400 \(another error\)/,
  },
  { name: "403", answer: { status: 403, text: SECRET }, status: 500, line: /responded with 403/ },
  {
    name: "403 for too many requests",
    answer: { status: 403, fields: { "Retry-After": "7" }, text: SECRET },
    status: 502,
    line: /responded with 403.*; next attempt in 7 s/,
  },
  { name: "408", answer: { status: 408, text: SECRET }, status: 502, line: /responded with 408/ },
  {
    name: "429",
    answer: { status: 429, fields: { "Retry-After": "9" }, text: SECRET },
    status: 502,
    line: /responded with 429.*; next attempt in 9 s/,
  },
  { name: "500", answer: { status: 500, text: SECRET }, status: 502, line: /responded with 500/ },
  {
    name: "400 that says it passes",
    answer: { status: 400, text: '{"error":"temporarily_unavailable"}' },
    status: 502,
    line: /responded with 400 \(temporarily_unavailable\)/,
  },
  {
    name: "a redirect",
    answer: { status: 307, fields: { Location: "/elsewhere" }, text: SECRET },
    status: 502,
    line: /responded with 307/,
  },
  {
    name: "HTML",
    answer: { status: 200, text: `<html>${SECRET}</html>` },
    status: 502,
    line: /did not respond with JSON/,
  },
  {
    name: "a member twice",
    answer: { status: 200, text: `{"access_token":"${tokenOf(1)}","access_token":"${tokenOf(2)}"}` },
    status: 502,
    line: /did not respond with JSON/,
  },
  {
    name: "an error with 200",
    answer: { error: "bad_refresh_token" },
    status: 500,
    line: /responded with 200 \(bad_/,
  },
  { name: "no token", answer: { token: tokenOf(1) }, status: 502, line: /sent no access_token/ },
  {
    name: "an expiry in the past",
    answer: { access_token: tokenOf(1), expires_in: -1 },
    status: 502,
    line: /sent a token that has expired/,
  },
  {
    name: "an expiry that is no number",
    answer: { access_token: tokenOf(1), expires_in: SECRET },
    status: 502,
    line: /sent an expires_in that is not a number/,
  },
  {
    name: "10 MB",
    answer: { access_token: "x".repeat(10_000_000) },
    status: 502,
    line: /sent a response over 256 KiB/,
  },
  {
    name: "a long token",
    answer: { access_token: "x".repeat(40_000) },
    status: 502,
    line: /sent a token over 32 KiB/,
  },
  {
    name: "a line break in the token",
    answer: { access_token: `${tokenOf(1)}\r\nX-Evil: 1`, expires_in: 60 },
    status: 502,
    line: /sent a token that contains a carriage return \(CR\) at position 30/,
  },
];

Deno.test("each failure of an issuer has its status and its line in the log, and neither shows a secret", async (test) => {
  await using upstream = startUpstream(OK);
  let answer: TokenAnswer = {};
  await using issuer = startIssuer(() => answer);
  const routes = BAD.map(({ answer: each }, at) => ({
    ...routeTo(upstream, each === "down" ? { url: "http://127.0.0.1:1" } : issuer, { scope: `s${at}` }),
    path: `/${at}/`,
  }));
  await using service = await start(routes);
  for (const [at, { name, answer: each, status, line }] of BAD.entries()) {
    await test.step(name, async () => {
      if (typeof each !== "string") answer = each;
      const asked = issuer.requests.length;
      const response = await ask(service, `/${at}/x`);
      const code = status === 500 ? "token_refused" : "token_unavailable";
      assertEquals([response.status, response.field("cred-proxy-error")], [status, code]);
      assertEquals(response.field("x-should-retry"), status === 500 ? "false" : undefined);
      await service.logged(line);
      // The issuer is left alone for a while, or for ever.
      assertEquals((await ask(service, `/${at}/x`)).status, status);
      assert(issuer.requests.length <= asked + 1, `${issuer.requests.length - asked} requests`);
      assert(!response.body.text.includes(SECRET));
    });
  }
  assertEquals(upstream.requests.length, 0);
  const printed = service.stderr() + service.stdout();
  for (const secret of [SECRET, tokenOf(1), "minted-", btoa(`me:${SECRET}`)]) {
    assert(!printed.includes(secret), printed);
  }
});

Deno.test("a 401 from the upstream renews the token for the next request, but not again and again", async () => {
  let valid = 2;
  await using upstream = startUpstream((exchange) =>
    exchange.respond(exchange.field("authorization") === `Bearer ${tokenOf(valid)}` ? 200 : 401, [], "")
  );
  await using issuer = startIssuer(issueAll(3600));
  await using service = await start([routeTo(upstream, issuer)]);
  // The client gets the 401: a retry is its own affair.
  assertEquals([(await ask(service)).status, (await ask(service)).status], [401, 200]);
  valid = 0;
  for (let count = 0; count < 5; count++) assertEquals((await ask(service)).status, 401);
  assertEquals(issuer.requests.length, 2);
});

Deno.test("a reload takes a changed definition, keeps a token whose definition is the same, and tries again what failed", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(({ number, parameters }) =>
    parameters.scope === "refused" && number < 4
      ? { status: 400, text: '{"error":"invalid_scope"}' }
      : { access_token: tokenOf(number), expires_in: 3600 }
  );
  await using service = await start([
    routeTo(upstream, issuer),
    { ...routeTo(upstream, issuer, { scope: "b" }), path: "/b/" },
    { ...routeTo(upstream, issuer, { scope: "refused" }), path: "/c/" },
  ]);
  const statuses = async () => [(await ask(service)).status, (await ask(service, "/c/x")).status];
  assertEquals([await statuses(), await statuses()], [[200, 500], [200, 500]]);
  assertEquals(issuer.requests.length, 2);
  const table = {
    routes: [
      routeTo(upstream, issuer),
      { ...routeTo(upstream, issuer, { scope: "other" }), path: "/b/" },
      { ...routeTo(upstream, issuer, { scope: "refused" }), path: "/c/" },
    ],
  };
  await Deno.writeTextFile(join(service.folder, "routes.json"), JSON.stringify(table));
  await service.logged(/route table reloaded/);
  assertEquals((await ask(service)).status, 200);
  assertEquals(upstream.requests.at(-1)?.field("authorization"), `Bearer ${tokenOf(1)}`);
  assertEquals((await ask(service, "/b/x")).status, 200);
  assertEquals(issuer.requests.at(-1)?.parameters.scope, "other");
  assertEquals((await ask(service, "/c/x")).status, 200);

  const elsewhere = { routes: [routeTo(upstream, { url: "https://evil.example" })] };
  await Deno.writeTextFile(join(service.folder, "routes.json"), JSON.stringify(elsewhere));
  await service.logged(/--allow-net: is missing evil\.example:443; restart the service to grant it/);
});

Deno.test("the flags name the issuers beside the upstreams, and the folder of the state only if a route needs it", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(issueAll(3600));
  await using service = await start([routeTo(upstream, issuer)], { CRED_PROXY_STATE: "/var/lib/cred-proxy" });
  const [net = ""] = service.flags.filter((flag) => flag.startsWith("--allow-net="));
  const hosts = [upstream, issuer].map(({ url }) => url.slice("http://".length)).toSorted();
  assertEquals(net.slice("--allow-net=".length).split(",").slice(1), hosts);
  assertEquals(service.flags.filter((flag) => /write|var.lib/.test(flag)), []);
});

Deno.test("an issuer is reached through the egress proxy, and trusted by the same authorities as an upstream", async () => {
  const authority = await makeAuthority();
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(issueAll(3600), await authority.issue(["localhost"]));
  await using proxy = startEgressProxy();
  await using service = await startService({
    routes: { routes: [routeTo(upstream, issuer)] },
    env: { CLIENT_SECRET: SECRET, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "127.0.0.1" },
    ca: authority.pem,
  });
  assertEquals((await ask(service)).status, 200);
  assertEquals(proxy.heads.map((head) => head.split("\r\n")[0]), [
    `CONNECT ${issuer.url.slice("https://".length)} HTTP/1.1`,
  ]);
  assert(!service.flags.join().includes(issuer.url.slice("https://".length)), service.flags.join());
});

Deno.test("a client's own token replaces one from an issuer, and the other way round", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(issueAll(3600));
  const minted = routeTo(upstream, issuer) as { readonly token_from: unknown };
  const plain = { path: "/b/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "B_TOKEN" };
  await using service = await startService({
    routes: {
      routes: [minted, plain],
      clients: [{
        name: "one",
        token_env: "ONE",
        routes: { "/a/": { token_env: "A_TOKEN" }, "/b/": { token_from: minted.token_from } },
      }],
    },
    env: {
      CLIENT_SECRET: SECRET,
      A_TOKEN: "own-token-of-one",
      B_TOKEN: "b-token",
      ONE: "the-key-of-client-one",
    },
  });
  for (const path of ["/a/x", "/b/x"]) {
    const fields = "Host: proxy\r\nAuthorization: Bearer the-key-of-client-one";
    assertEquals((await request(service.port, `GET ${path} HTTP/1.1\r\n${fields}\r\n\r\n`)).status, 200);
  }
  assertEquals(upstream.requests.map((each) => each.field("authorization")), [
    "Bearer own-token-of-one",
    `Bearer ${tokenOf(1)}`,
  ]);
});

Deno.test("what a token is obtained with is masked in responses, and so are the tokens, those before included", async () => {
  const key = await makeRsaKey();
  const body = (pem: string) => pem.split("\n").slice(1, -2).join("");
  await using upstream = startUpstream((exchange) =>
    exchange.respond(200, [], decodeURIComponent(exchange.target.slice(1)))
  );
  const assertions: string[] = [];
  await using issuer = startIssuer(({ number, parameters }) => {
    if (parameters.assertion !== undefined) assertions.push(parameters.assertion);
    return { access_token: tokenOf(number), refresh_token: `refresh-${number}-Qm5Rk8Ws2Yd`, expires_in: 0.3 };
  });
  const routes = [
    routeTo(upstream, issuer, { grant: "refresh_token", refresh_token_env: "REFRESH" }),
    {
      ...routeTo(upstream, issuer, {
        grant: "jwt_bearer",
        private_key_file: "key.pem",
        subject: "me",
        client_secret_env: undefined,
      }),
      path: "/b/",
    },
  ];
  await using service = await startService({
    routes: { routes },
    env: { CLIENT_SECRET: SECRET, REFRESH: "refresh-0-Qm5Rk8Ws2Yd" },
    files: { "key.pem": key.pkcs1 },
  });
  for (let count = 0; count < 2; count++) {
    for (const path of ["/a/x", "/b/x"]) assertEquals((await ask(service, path)).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assertEquals([issuer.requests.length, assertions.length], [4, 2]);
  // A table without any of them changes nothing.
  await Deno.writeTextFile(
    join(service.folder, "routes.json"),
    JSON.stringify({ routes: [{ ...routeTo(upstream, issuer, { scope: "changed" }), path: "/a/" }] }),
  );
  await service.logged(/route table reloaded/);
  const secrets = [
    ...[1, 2, 3, 4].map(tokenOf),
    ...[0, 1, 3].map((number) => `refresh-${number}-Qm5Rk8Ws2Yd`),
    ...assertions,
    SECRET,
    body(key.pkcs1),
    body(key.pkcs1).match(/.{64}/g)!.join("\r\n"),
    body(key.pkcs1).match(/.{64}/g)!.join("\\n"),
    btoa(SECRET),
  ];
  for (const secret of secrets) {
    const { body: { text } } = await ask(service, `/a/${encodeURIComponent(`<${secret}>`)}`);
    assertMatch(text, /^<\*{20}[*\\nr\s]*>$/, `${secret}: ${text}`);
  }
});

Deno.test("the metrics and the page tell a client's own token from the route's, and when each expires", async () => {
  await using upstream = startUpstream(OK);
  await using issuer = startIssuer(({ number }) => ({
    access_token: tokenOf(number),
    expires_in: number * 1000,
  }));
  const { token_from } = routeTo(upstream, issuer, { scope: "own" }) as { readonly token_from: object };
  const token = "client-token-4vNcLmK9xB4vNc";
  await using service = await startAdmin({
    routes: {
      clients: [
        { name: "coder", token_env: "CODER", routes: { "/a/": { token_from } } },
        { name: "ci", token_env: "CI", routes: ["/a/"] },
      ],
      routes: [routeTo(upstream, issuer)],
    },
    env: { CLIENT_SECRET: SECRET, CODER: token, CI: `${token}-2` },
  });
  for (const each of [`${token}-2`, token]) {
    const head = `GET /a/x HTTP/1.1\r\nHost: proxy\r\nX-Api-Key: ${each}\r\n\r\n`;
    assertEquals((await request(service.port, head)).status, 200);
  }
  const metrics = await (await service.admin("/metrics")).text();
  const values = [
    ...metrics.matchAll(/^cred_proxy_token_expires_seconds{route="\/a\/",client="(\w*)"} (\d+)/gm),
  ];
  assertEquals(values.map(([, client, seconds]) => [client, Math.ceil(Number(seconds) / 1000)]), [
    ["", 1],
    ["coder", 2],
  ]);
  assert(metrics.includes('cred_proxy_token_refreshes_total{route="/a/",client="coder",result="issued"} 1'));
  const page = await (await service.admin("/")).text();
  const section = page.slice(page.indexOf("Tokens from issuers"));
  assertMatch(section, /<td>coder<\/td>\s*<td>oauth2 [^]*in 33 min/);
});
