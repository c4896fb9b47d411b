/**
 * The operator's listener, on a service that runs under its exact flags.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startAdmin } from "../support/admin.ts";
import { CANARIES, canariesIn, CANARY_ENV, canaryRoutes } from "../support/canary.ts";
import { promtool } from "../support/promtool.ts";
import { runMain } from "../support/run_main.ts";
import { TOKEN } from "../support/fixture.ts";
import { startRecordingUpstream } from "../support/recording_upstream.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw } from "../support/wire.ts";
import { within } from "../support/within.ts";

const ROUTE = { path: "/a/", auth_scheme: "Bearer", token_env: "A_TOKEN" };

function routesTo(upstream: string) {
  return { routes: { routes: [{ ...ROUTE, upstream }] }, env: { A_TOKEN: TOKEN } };
}

Deno.test("the operator's listener reports that the service is alive and ready, and serves nothing else", async () => {
  await using service = await startAdmin(routesTo("http://127.0.0.1:9"));
  const cases: [path: string, status: number, type: string, body: RegExp][] = [
    ["/healthz", 200, "text/plain; charset=utf-8", /^ok\n$/],
    ["/readyz", 200, "text/plain; charset=utf-8", /^ready\n$/],
    ["/readyz?x=/metrics", 200, "text/plain; charset=utf-8", /^ready\n$/],
    ["/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", /^# HELP cred_proxy_build_info /],
    ["/", 200, "text/html; charset=utf-8", /^<!doctype html>\n/],
    ["/style.css", 200, "text/css; charset=utf-8", /^:root /],
    ["/nothing", 404, "text/plain; charset=utf-8", /^Not found; try /],
    ["//metrics", 404, "text/plain; charset=utf-8", /^Not found; try /],
    ["/a/x", 404, "text/plain; charset=utf-8", /^Not found; try /],
  ];
  for (const [path, status, type, body] of cases) {
    const response = await service.admin(path);
    assertEquals([response.status, response.headers.get("content-type")], [status, type], path);
    assertMatch(await response.text(), body, path);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertMatch(response.headers.get("content-security-policy") ?? "", /^default-src 'none';/);
  }
  const head = await service.admin("/metrics", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  const post = await service.admin("/readyz", { method: "POST", body: "x" });
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  await post.body?.cancel();
});

Deno.test("the operator's pages are not on the clients' port", async () => {
  await using service = await startAdmin(routesTo("http://127.0.0.1:9"));
  for (const path of ["/", "/healthz", "/readyz", "/metrics"]) {
    const response = await fetch(service.url + path);
    assertEquals([response.status, response.headers.get("cred-proxy-error")], [404, "no_route"]);
    await response.body?.cancel();
  }
});

Deno.test("/metrics counts requests in a form that promtool accepts", async () => {
  await using upstream = startUpstream(async (exchange) => {
    await exchange.rawBody();
    await exchange.respond(exchange.target === "/missing" ? 404 : 200, {}, "hello");
  });
  await using service = await startAdmin(routesTo(upstream.url));
  for (const path of ["/a/1", "/a/2", "/a/missing", "/nowhere"]) {
    await (await fetch(service.url + path)).text();
  }
  await (await fetch(`${service.url}/a/3`, { method: "POST", body: "four" })).text();
  const text = await (await service.admin("/metrics")).text();
  const expected = [
    'cred_proxy_requests_total{route="/a/",code="2xx"} 3',
    'cred_proxy_requests_total{route="/a/",code="4xx"} 1',
    'cred_proxy_requests_total{route="",code="4xx"} 1',
    'cred_proxy_refusals_total{code="no_route"} 1',
    'cred_proxy_request_content_bytes_total{route="/a/"} 4',
    'cred_proxy_response_content_bytes_total{route="/a/"} 20',
    'cred_proxy_upstream_connections_opened_total{route="/a/"} 1',
    'cred_proxy_upstream_connections_reused_total{route="/a/"} 3',
    'cred_proxy_upstream_connections_open{route="/a/"} 1',
    'cred_proxy_request_duration_seconds_count{route="/a/"} 4',
    "cred_proxy_requests_in_flight 0",
  ];
  for (const line of expected) assert(text.split("\n").includes(line), `${line}\n${text}`);
  if (promtool !== undefined) assertEquals(await promtool(text), "");
});

Deno.test("/metrics counts reloads, and keeps its counts across a new table", async () => {
  await using upstream = startRecordingUpstream();
  await using service = await startAdmin({
    ...routesTo(upstream.url),
    files: { "token": TOKEN },
  });
  const table = `${service.folder}/routes.json`;
  await (await fetch(`${service.url}/a/1`)).text();
  await Deno.writeTextFile(table, "{");
  await service.logged(/route table rejected/);
  const { token_env: _variable, ...rest } = ROUTE;
  const route = { ...rest, upstream: upstream.url, token_file: "token" };
  await Deno.writeTextFile(table, JSON.stringify({ routes: [route] }));
  await service.logged(/route table reloaded/);
  await (await fetch(`${service.url}/a/2`)).text();
  await Deno.writeTextFile(`${service.folder}/token`, `${TOKEN}-2`);
  await service.logged(/token: new token loaded/);
  await Deno.writeTextFile(`${service.folder}/token`, "");
  await service.logged(/token: .+; keeping the current token/);
  const text = await (await service.admin("/metrics")).text();
  const expected = [
    'cred_proxy_table_reloads_total{result="taken"} 1',
    'cred_proxy_table_reloads_total{result="refused"} 1',
    'cred_proxy_token_reloads_total{result="taken"} 1',
    'cred_proxy_token_reloads_total{result="refused"} 1',
    'cred_proxy_requests_total{route="/a/",code="2xx"} 2',
    'cred_proxy_upstream_connections_opened_total{route="/a/"} 2',
    'cred_proxy_upstream_connections_open{route="/a/"} 1',
  ];
  for (const line of expected) assert(text.includes(`\n${line}`), `${line}\n${text}`);
});

Deno.test("/readyz returns 503 while requests in flight finish, and healthcheck fails", async () => {
  const released = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("one\n");
    await Promise.race([released.promise, exchange.closed]);
    await exchange.writeChunk("two");
    await exchange.writeChunk();
  });
  const { routes, env } = routesTo(upstream.url);
  await using service = await startAdmin({ routes, env: { ...env, CRED_PROXY_DRAIN_S: "10" } });
  const healthcheck = () =>
    runMain(["healthcheck"], {
      env: { CRED_PROXY_ADMIN: service.adminAddress },
      flags: [
        "--no-prompt",
        `--allow-net=${service.adminAddress}`,
        "--allow-env=CRED_PROXY_BIND,CRED_PROXY_PORT,CRED_PROXY_ADMIN",
      ],
    });
  await using wire = await connectRaw(service.port);
  await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
  await wire.readUntil("one\n\r\n");
  assertEquals((await healthcheck()).code, 0);

  service.kill("SIGTERM");
  await service.logged(/^cred-proxy: shutting down: .+$/m);
  const response = await service.admin("/readyz");
  assertEquals([response.status, await response.text()], [503, "draining\n"]);
  assertMatch(await (await service.admin("/metrics")).text(), /^cred_proxy_draining 1$/m);
  assertMatch(await (await service.admin("/")).text(), />draining</);
  const { code, stderr } = await healthcheck();
  assertEquals(code, 1);
  assertMatch(stderr, /: the service is shutting down\n$/);

  released.resolve();
  assert((await wire.readUntil("0\r\n\r\n")).endsWith("3\r\ntwo\r\n0\r\n\r\n"));
  assertEquals((await within(service.status, "The end of the service")).code, 0);
});

Deno.test("neither the page nor the metrics nor the log shows a secret, a query or a field's value", async () => {
  await using upstream = startRecordingUpstream();
  await using service = await startAdmin({
    routes: { routes: canaryRoutes(upstream.url) },
    env: { ...CANARY_ENV, CRED_PROXY_LOG: "json", CRED_PROXY_DEBUG: "1" },
  });
  for (const { route, secret } of CANARIES) {
    const response = await fetch(`${service.url}${route.path}x?query=${encodeURIComponent("quarry-query")}`, {
      headers: { "x-quarry": "quarry-value", authorization: "quarry-auth", "x-echo": btoa(secret) },
    });
    await response.text();
  }
  const shown = [service.stdout(), service.stderr()];
  for (const path of ["/", "/metrics", "/readyz", "/healthz", "/x"]) {
    const response = await service.admin(path);
    shown.push(JSON.stringify([...response.headers]), await response.text());
  }
  assertEquals(canariesIn(shown.join("\n")), []);
  assert(!shown.join("\n").includes("quarry"), shown.join("\n"));
  assert(shown.join("\n").includes(`${CANARIES[0]!.route.path}x`));
});

Deno.test("an operator's address in use stops the start, and the message names it", async () => {
  using occupied = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(occupied.addr as Deno.NetAddr).port}`;
  let message = "";
  try {
    await using _service = await startAdmin(routesTo("http://127.0.0.1:9"), address);
  } catch (error) {
    message = String(error);
  }
  assert(message.includes("can't listen on 127.0.0.1:") && message.includes(` and ${address}: `), message);
});
