/**
 * Several clients behind one service: who they are, what each may do, and how much.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../lib/core/sha256.ts";
import { startAdmin } from "../support/admin.ts";
import { makeAuthority } from "../support/authority.ts";
import { AUDIENCE, ISSUER, jwks, makeKey, podToken } from "../support/cluster.ts";
import { TOKEN } from "../support/fixture.ts";
import { runMain } from "../support/run_main.ts";
import { type Service, startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request, type WireResponse } from "../support/wire.ts";

const [CODER, CI, OLD] = ["coder-token-Wq7Zt2LmK9xB", "ci-token-hJ2Tq8vXbN5zR1", "old-token-4vNcLmK9xB4vNc"];
const CI_TOKEN = "ci-upstream-K9xB4vNcWq7Z";

interface Asked {
  readonly token?: string;
  readonly method?: string;
  readonly fields?: string;
}

function ask(
  service: Service,
  path: string,
  { token, method = "GET", fields = "" }: Asked = {},
): Promise<WireResponse> {
  const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`;
  return request(service.port, `${method} ${path} HTTP/1.1\r\nHost: proxy\r\n${authorization}${fields}\r\n`);
}

/** A response's status, and the proxy's own code for it. */
function gist(response: WireResponse): string {
  return `${response.status} ${response.field("cred-proxy-error") ?? ""}`.trim();
}

function route(path: string, upstream: string, fields: object = {}) {
  return { path, upstream, auth_scheme: "Bearer", token_env: "A_TOKEN", ...fields };
}

/** A table with these clients and two routes. */
function tableOf(upstream: string, clients: readonly object[], fields: object = {}) {
  return { clients, ...fields, routes: [route("/a/", upstream), route("/b/", upstream)] };
}

const ENV = { A_TOKEN: TOKEN, CI_TOKEN, CODER_TOKEN: CODER, CRED_PROXY_LOG: "json" };

Deno.test("each client gets its routes with its own token, and no other", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], `${TOKEN} ${CI_TOKEN}`));
  const clients = [
    { name: "coder", token_env: "CODER_TOKEN", routes: ["/a/"] },
    {
      name: "ci",
      token_sha256: sha256(CI),
      routes: { "/a/": { methods: ["GET"], paths: ["public/**"] }, "/b/": { token_env: "CI_TOKEN" } },
    },
    { name: "old", token_sha256: sha256(OLD), routes: "*", expires: "2026-01-01T00:00:00Z" },
  ];
  await using service = await startService({ routes: tableOf(upstream.url, clients), env: ENV });

  const cases: [wanted: string, path: string, asked: Asked][] = [
    ["200", "/a/x", { token: CODER }],
    ["200", "/a/x", { token: CODER, method: "POST", fields: "Content-Length: 0\r\n" }],
    ["403 not_allowed", "/b/x", { token: CODER }],
    ["404 no_route", "/c/x", { token: CODER }],
    ["200", "/a/public/x", { token: CI }],
    ["403 not_allowed", "/a/x", { token: CI }],
    ["403 not_allowed", "/a/public/x", { token: CI, method: "POST", fields: "Content-Length: 0\r\n" }],
    ["200", "/b/x", { token: CI, method: "POST", fields: "Content-Length: 0\r\n" }],
    // A stranger learns of no route.
    ["401 client_token_required", "/a/x", {}],
    ["401 client_token_required", "/c/x", { token: "guess" }],
    ["401 client_token_required", "/a/x", { token: OLD }],
    ["401 client_token_required", "/a/x", { token: sha256(CI) }],
    ["401 client_token_required", "/a/x", { token: CODER, fields: `X-Api-Key: ${CI}\r\n` }],
    ["200", "/a/x", { token: "placeholder", fields: `X-Api-Key: ${CODER}\r\n` }],
  ];
  for (const [wanted, path, asked] of cases) {
    const response = await ask(service, path, asked);
    assertEquals(gist(response), wanted, `${path} ${JSON.stringify(asked)}`);
    // The tokens of all clients are masked, whoever asks.
    if (response.status === 200) assertMatch(response.body.text, /^\*+ \*+$/);
  }
  assertEquals(
    upstream.requests.map((each) => `${each.target} ${each.field("authorization")}`),
    [
      `/x Bearer ${TOKEN}`,
      `/x Bearer ${TOKEN}`,
      `/public/x Bearer ${TOKEN}`,
      `/x Bearer ${CI_TOKEN}`,
      `/x Bearer ${TOKEN}`,
    ],
  );
  for (const { head } of upstream.requests) {
    assertEquals([CODER, CI].some((token) => head.includes(token)), false);
  }
  assertEquals(
    new Set(upstream.requests.map(({ connection }) => connection)).size,
    2,
    "a connection per token",
  );

  await service.stop();
  const lines = service.stdout().trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    lines.map(({ client }) => client ?? "-").join(" "),
    "coder coder coder coder ci ci ci ci - - - - - coder",
  );
  // Each of the responses showed two secrets, which were masked.
  for (const { status, masked } of lines) assertEquals(masked, status === 200 ? 2 : undefined);
  assertMatch(service.stderr(), /client old expired at 2026-01-01T00:00:00\.000Z/);
});

Deno.test("a stranger gets the same for a route's host as for a host that is not served", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200));
  const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  const routes = [{ ...route, path: "/a/" }, { ...route, host: "api.test.example" }];
  const clients = [{ name: "one", token_sha256: sha256("one-token-Wq7Zt2LmK9xB"), routes: "*" }];
  const env = { A_TOKEN: "token-of-a-route-Vx4Rt8", CLIENT_TOKEN: "one-token-Wq7Zt2LmK9xB" };
  for (const table of [{ routes, clients }, { routes, client_token_env: "CLIENT_TOKEN" }]) {
    await using service = await startService({ routes: table, env });
    const statusFor = async (line: string, host: string, field = "") =>
      (await request(service.port, `${line} HTTP/1.1\r\nHost: ${host}\r\n${field}\r\n`)).status;
    for (const [line, status] of [["GET /a/x", 401], ["TRACE /a/x", 405], ["GET /a/../x", 400]] as const) {
      for (const host of ["proxy", "api.test.example", "other.test.example"]) {
        assertEquals(await statusFor(line, host), status, `${line} ${host}`);
      }
    }
    const known = "Authorization: Bearer one-token-Wq7Zt2LmK9xB\r\n";
    assertEquals(await statusFor("GET /a/x", "api.test.example", known), 200);
    assertEquals(await statusFor("GET /a/x", "other.test.example", known), 421);
  }
});

Deno.test("a client is revoked by a reload while another goes on, and the limits outlive the reload", async () => {
  const released = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target !== "/stream") return await exchange.respond(200, [], "ok");
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("one ");
    await released.promise;
    await exchange.writeChunk("two");
    await exchange.writeChunk();
  });
  const coder = { name: "coder", token_env: "CODER_TOKEN", routes: ["/a/"], requests_per_minute: 3 };
  const ci = { name: "ci", token_sha256: sha256(CI), routes: ["/a/"] };
  await using service = await startService({ routes: tableOf(upstream.url, [coder, ci]), env: ENV });
  await using wire = await connectRaw(service.port);
  await wire.send(`GET /a/stream HTTP/1.1\r\nHost: proxy\r\nX-Api-Key: ${CODER}\r\n\r\n`);
  await wire.readUntil("one ");
  assertEquals([
    gist(await ask(service, "/a/x", { token: CI })),
    gist(await ask(service, "/a/x", { token: CODER })),
  ], [
    "200",
    "200",
  ]);
  await Deno.writeTextFile(
    join(service.folder, "routes.json"),
    JSON.stringify(tableOf(upstream.url, [coder])),
  );
  await service.logged(/route table reloaded/);
  assertEquals(gist(await ask(service, "/a/x", { token: CI })), "401 client_token_required");
  assertEquals(gist(await ask(service, "/a/x", { token: CODER })), "200");
  const limited = await ask(service, "/a/x", { token: CODER });
  assertEquals([gist(limited), limited.field("x-should-retry")], ["429 rate_limited", undefined]);
  const wait = Number(limited.field("retry-after"));
  assert(wait > 0 && wait <= 20, String(wait));
  assertMatch(limited.body.text, /the requests_per_minute of this client is reached/);
  released.resolve();
  await wire.readUntil("two");
  await wire.readUntil("0\r\n\r\n");
});

Deno.test("a client at its limit of requests in flight leaves the others their places", async () => {
  const released = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/slow") await released.promise;
    await exchange.respond(200, [], "ok");
  });
  const clients = [
    { name: "coder", token_env: "CODER_TOKEN", routes: "*", max_in_flight: 2 },
    { name: "ci", token_sha256: sha256(CI), routes: "*" },
  ];
  const table = {
    clients,
    routes: [route("/a/", upstream.url, { max_in_flight: 3 }), route("/b/", upstream.url)],
  };
  await using service = await startService({ routes: table, env: ENV });
  const slow = [CODER, CODER, CI].map((token) => ask(service, "/a/slow", { token }));
  while (upstream.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const [own, shared, other] = await Promise.all([
    ask(service, "/b/x", { token: CODER }),
    ask(service, "/a/x", { token: CI }),
    ask(service, "/b/x", { token: CI }),
  ]);
  assertEquals([own, shared, other].map(gist), ["429 rate_limited", "429 rate_limited", "200"]);
  assertEquals([own, shared].map((each) => each.field("retry-after")), ["1", "1"]);
  assertMatch(own.body.text, /the max_in_flight of this client/);
  assertMatch(shared.body.text, /the max_in_flight of this route/);
  released.resolve();
  assertEquals((await Promise.all(slow)).map(gist), ["200", "200", "200"]);
  assertEquals(gist(await ask(service, "/a/x", { token: CODER })), "200");
});

Deno.test("a client's token file is read again when it changes", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const clients = [{ name: "coder", token_file: "coder", routes: "*" }];
  await using service = await startService({
    routes: tableOf(upstream.url, clients),
    env: ENV,
    files: { coder: `${OLD}\n` },
  });
  assertEquals(gist(await ask(service, "/a/x", { token: OLD })), "200");
  await Deno.writeTextFile(join(service.folder, "coder"), CODER);
  await service.logged(/coder: new token loaded/);
  assertEquals(gist(await ask(service, "/a/x", { token: OLD })), "401 client_token_required");
  assertEquals(gist(await ask(service, "/a/x", { token: CODER })), "200");
});

Deno.test("pods are clients by their own tokens, with the cluster's keys from a file", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const [first, second] = [await makeKey("RS256", "key-1"), await makeKey("RS256", "key-2")];
  const table = tableOf(upstream.url, [
    { name: "coders", subject: "system:serviceaccount:agents:coder", routes: ["/a/"] },
    { name: "static", token_env: "CODER_TOKEN", routes: "*" },
  ], { issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks_file: "jwks.json" }] });
  await using service = await startService({ routes: table, env: ENV, files: { "jwks.json": jwks(first) } });
  const token = await podToken(first);
  for (let times = 0; times < 2; times++) assertEquals(gist(await ask(service, "/a/x", { token })), "200");
  assertEquals(gist(await ask(service, "/b/x", { token })), "403 not_allowed");
  assertEquals(gist(await ask(service, "/b/x", { token: CODER })), "200");
  const now = Math.floor(Date.now() / 1000);
  for (
    const [differences, wanted] of [
      [{ sub: "system:serviceaccount:other:coder" }, "401 client_token_required"],
      [{ exp: now - 1 }, "401 client_token_required"],
      [{ aud: ["https://kubernetes.default.svc"] }, "401 client_token_required"],
    ] as const
  ) assertEquals(gist(await ask(service, "/a/x", { token: await podToken(first, differences) })), wanted);
  assertEquals(upstream.requests.some(({ head }) => head.includes(token)), false);

  // The cluster's keys are replaced, as a rotation of its own does.
  await Deno.writeTextFile(join(service.folder, "jwks.json"), jwks(second));
  const rotated = await podToken(second);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assertEquals(gist(await ask(service, "/a/x", { token: rotated })), "200");
  assertEquals(gist(await ask(service, "/a/x", { token })), "401 client_token_required");

  await service.stop();
  const [line] = service.stdout().split("\n");
  const { client, client_subject, client_pod } = JSON.parse(line!);
  assertEquals([client, client_subject, client_pod], [
    "coders",
    "system:serviceaccount:agents:coder",
    "coder-7d9f8",
  ]);
  assertEquals(service.stdout().includes(token.split(".")[2]!), false);
});

Deno.test("the cluster's keys are fetched over verified TLS, with a permission for that place only", async () => {
  const authority = await makeAuthority();
  const key = await makeKey("ES256", "key-1");
  let body = "";
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using cluster = startUpstream((exchange) => exchange.respond(200, [], body), {
    tls: await authority.issue(["localhost"]),
  });
  const table = tableOf(upstream.url, [{ name: "coders", subject: "system:*:agents:*", routes: ["/a/"] }], {
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks_url: `${cluster.url}/openid/v1/jwks` }],
  });
  await using service = await startService({ routes: table, env: ENV, ca: authority.pem });
  assert(service.flags.join().includes(`localhost:${cluster.port}`));
  const token = await podToken(key);
  await service.logged(/openid\/v1\/jwks: is not JSON.*; its tokens can't be verified/);
  const unavailable = await ask(service, "/a/x", { token });
  assertEquals([gist(unavailable), unavailable.field("retry-after")], ["503 keys_unavailable", "5"]);
  assertEquals(cluster.requests.map(({ method, target }) => `${method} ${target}`), ["GET /openid/v1/jwks"]);

  body = jwks(key);
  service.kill("SIGHUP");
  await service.logged(/route table reloaded/);
  assertEquals(gist(await ask(service, "/a/x", { token })), "200");
  for (let times = 0; times < 5; times++) {
    const stranger = await podToken(await makeKey("ES256", `unknown-${times}`));
    assertEquals(gist(await ask(service, "/a/x", { token: stranger })), "401 client_token_required");
  }
  assertEquals(cluster.requests.length, 2, "an unknown key within the minute is not asked for");
});

Deno.test("a table whose client has a route's token, or another client's, is not served", async () => {
  const clients = [
    { name: "coder", token_sha256: sha256(TOKEN), routes: "*" },
    { name: "ci", token_env: "CODER_TOKEN", routes: "*" },
    { name: "ci2", token_sha256: sha256(CODER), routes: { "/a/": { token_env: "CI_TOKEN" } } },
    { name: "ci3", token_sha256: sha256(CI_TOKEN), routes: "*" },
  ];
  const refused = await startService({ routes: tableOf("http://127.0.0.1:1", clients), env: ENV }).then(
    () => "",
    String,
  );
  for (
    const line of [
      "cred-proxy: the client coder: has a secret of the table as its token; give it another one: cred-proxy token makes one\n",
      "cred-proxy: the client ci2: has the same token as the client ci\n",
      "cred-proxy: the client ci3: has a secret of the table as its token; give it another one: cred-proxy token makes one\n",
    ]
  ) assert(refused.includes(line), refused);
});

Deno.test("check lists the clients, how each is known, and what is missing", async () => {
  const folder = await Deno.makeTempDir();
  const key = await makeKey("ES256", "key-1");
  const table = tableOf("http://127.0.0.1:1", [
    { name: "coder", token_env: "CODER_TOKEN", routes: { "/a/": { token_env: "UNSET_TOKEN" } } },
    { name: "ci", token_sha256: [sha256(CI), sha256(OLD)], routes: "*", expires: "2026-01-01T00:00:00Z" },
    { name: "gone", token_file: "gone", routes: ["/b/", "/a/"] },
    {
      name: "pods",
      subject: "system:serviceaccount:agents:*",
      routes: "*",
      expires: "2126-01-01T00:00:00+02:00",
    },
  ], { issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks_file: "jwks.json" }] });
  const file = join(folder, "routes.json");
  await Deno.writeTextFile(file, JSON.stringify(table));
  const missing = await runMain(["check", file], { env: { A_TOKEN: TOKEN } });
  assertEquals([missing.code, missing.stderr], [78, `cred-proxy: ${folder}/jwks.json: no such file\n`]);
  await Deno.writeTextFile(join(folder, "jwks.json"), jwks(key));
  const { code, stdout } = await runMain(["check", file], { env: { A_TOKEN: TOKEN } });
  await Deno.remove(folder, { recursive: true });
  assertEquals([code, stdout.split("\n").slice(3)], [0, [
    "  client coder: CODER_TOKEN UNSET: it can't authenticate, /a/",
    "    /a/: UNSET_TOKEN UNSET: this route will respond with 500",
    "  client ci: 2 tokens' hashes, all routes, EXPIRED at 2026-01-01T00:00:00.000Z",
    "  client gone: the file gone does not exist: it can't authenticate, /b/ /a/",
    `  client pods: the subject system:serviceaccount:agents:* of ${ISSUER}, all routes, expires at 2125-12-31T22:00:00.000Z`,
    "",
  ]]);
});

Deno.test("clients points each client at its routes with the token that it has in CLIENT_TOKEN", async () => {
  const table = tableOf("http://127.0.0.1:1", [{ name: "ci", token_sha256: sha256(CI), routes: "*" }]);
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(table));
  const { stdout } = await runMain(["clients", "/a/"], { env: { CRED_PROXY_ROUTES: file } });
  await Deno.remove(file);
  assertMatch(stdout, /^# The key is the client token: set CLIENT_TOKEN where the client runs\n/);
  assertMatch(stdout, /Authorization: Bearer \$CLIENT_TOKEN/);
});

Deno.test("a token that the upstream refuses is named at once, and again when it is accepted", async () => {
  let status = 200;
  await using upstream = startUpstream((exchange) =>
    exchange.respond(status, { "Request-Id": "req-7" }, "ok")
  );
  const clients = [{ name: "coder", token_env: "CODER_TOKEN", routes: ["/a/"] }];
  await using service = await startAdmin({
    routes: { clients, routes: [{ ...route("/a/", upstream.url), token_env: undefined, token_file: "gh" }] },
    env: ENV,
    files: { gh: TOKEN },
  });
  const send = () =>
    ask(service, "/a/x", { token: CODER, fields: "User-Agent: agent/1\r\nX-Request-Id: mine\r\n" });
  await send();
  status = 401;
  await send();
  await service.logged(/^cred-proxy: the file gh is refused by the upstream of \/a\/ with 401$/m);
  const refused = await (await service.admin("/metrics")).text();
  for (
    const line of [
      'cred_proxy_token_refused{route="/a/",token="the file gh"} 1',
      'cred_proxy_upstream_responses_total{route="/a/",client="coder",status="401"} 1',
      'cred_proxy_upstream_responses_total{route="/a/",client="coder",status="2xx"} 1',
      'cred_proxy_client_requests_in_flight{client="coder"} 0',
    ]
  ) assert(refused.includes(`\n${line}\n`), `${line}\n${refused}`);
  status = 200;
  await Deno.writeTextFile(join(service.folder, "gh"), `${TOKEN}-2`);
  await service.logged(/new token loaded/);
  await send();
  await service.logged(
    /^cred-proxy: the file gh is accepted again on \/a\/, after \d+ s and 1 refused request\(s\)$/m,
  );
  assertMatch(await (await service.admin("/metrics")).text(), /^cred_proxy_token_refused\{.*\} 0$/m);
  await service.stop();
  const lines = service.stdout().trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ token, status }) => `${token} ${status}`), ["gh#0 200", "gh#0 401", "gh#1 200"]);
  const { client, upstream_request_id, client_request_id, user_agent } = lines[0];
  assertEquals([client, upstream_request_id, client_request_id, user_agent], [
    "coder",
    "req-7",
    "mine",
    "agent/1",
  ]);
});
