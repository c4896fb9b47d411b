/**
 * Tokens that an issuer issues, from a service under its exact flags.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startIssuer, type TokenAnswer } from "../support/issuer.ts";
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
