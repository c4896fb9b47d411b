/**
 * What becomes of the requests that are in flight when their client is revoked.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../lib/core/sha256.ts";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { TOKEN } from "../support/fixture.ts";
import type { Exchange } from "../support/exchange.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectWebSocket } from "../support/websocket_client.ts";
import { startWsUpstream } from "../support/websocket_upstream.ts";
import { within } from "../support/within.ts";
import { connectRaw, type Wire } from "../support/wire.ts";

const [CODER, CI] = ["coder-token-Wq7Zt2LmK9xB", "ci-token-hJ2Tq8vXbN5zR1"];

const coder = { name: "coder", token_sha256: sha256(CODER), routes: "*" };
const ci = { name: "ci", token_sha256: [sha256(CI)], routes: ["/a/", "/ws/"] };

function routeTo(path: string, upstream: string): object {
  return { path, upstream, auth_scheme: "Bearer", token_env: "A_TOKEN" };
}

/** An upstream whose responses go on until the test ends them. */
function startSlowUpstream() {
  const begun: Exchange[] = [];
  const upstream = startUpstream(async (exchange) => {
    begun.push(exchange);
    if (exchange.target === "/stream") {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.writeChunk("one\n");
    }
    await exchange.closed;
  });
  /** Resolves with the exchanges for this target, once there are so many. */
  async function exchanges(target: string, count: number): Promise<Exchange[]> {
    for (;;) {
      const found = begun.filter((each) => each.target === target);
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return Object.assign(upstream, { exchanges });
}

async function begin(service: WithAdmin, token: string, head: string): Promise<Wire> {
  const wire = await connectRaw(service.port);
  await wire.send(`${head} HTTP/1.1\r\nHost: proxy\r\nX-Api-Key: ${token}\r\n`);
  return wire;
}

async function reload(service: WithAdmin, table: object): Promise<void> {
  await Deno.writeTextFile(join(service.folder, "routes.json"), JSON.stringify(table));
  await service.logged(/route table reloaded/);
}

Deno.test("whatever a revoked client has in flight ends within a second, and another client's goes on", async () => {
  await using upstream = startSlowUpstream();
  await using sockets = await startWsUpstream();
  const routes = [routeTo("/a/", upstream.url), routeTo("/ws/", sockets.url)];
  await using service = await startAdmin({
    routes: { clients: [coder, ci], routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_LOG: "json" },
  });
  await using coders = await begin(service, CODER, "GET /a/stream");
  await using streaming = await begin(service, CI, "GET /a/stream");
  await using waiting = await begin(service, CI, "GET /a/wait");
  await using uploading = await begin(service, CI, "POST /a/upload");
  for (const wire of [coders, streaming, waiting]) await wire.send("\r\n");
  await uploading.send("Content-Length: 1000000\r\n\r\nmore to come");
  for (const wire of [coders, streaming]) await wire.readUntil("one\n\r\n");
  using others = await connectWebSocket(service.port, { path: "/ws/x", headers: { "x-api-key": CODER } });
  using socket = await connectWebSocket(service.port, { path: "/ws/x", headers: { "x-api-key": CI } });
  const begun = [
    ...await upstream.exchanges("/stream", 2),
    ...await upstream.exchanges("/wait", 1),
    ...await upstream.exchanges("/upload", 1),
  ];

  await reload(service, { clients: [coder], routes });
  await service.logged(/^cred-proxy: the client ci is not served any more: ended 4 request\(s\) in flight$/m);
  const revoked = performance.now();
  assertEquals((await streaming.readToEnd()).text, "");
  for (const wire of [waiting, uploading]) {
    const { status, field } = await wire.readResponse();
    assertEquals([status, field("cred-proxy-error")], [401, "client_token_required"]);
  }
  assertEquals(await socket.next(), "close 1008 The client was revoked");
  await within(Promise.all(begun.slice(1).map(({ closed }) => closed)), "The end at the upstream");
  assert(performance.now() - revoked < 1000, String(performance.now() - revoked));

  await begun[0]!.writeChunk("two\n");
  await coders.readUntil("two\n");
  others.socket.send("still here");
  assertEquals(await others.next(), "text still here");
  const metrics = await (await service.admin("/metrics")).text();
  assertMatch(metrics, /replies_unfinished_total\{route="\/a\/",by="revocation"\} 3$/m);
  others.socket.close();
  await coders.close();
  await service.stop();
  const lines = service.stdout().trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    lines.filter(({ client }) => client === "ci").map(({ outcome, path, status, close_code }) =>
      [outcome, path, status, ...close_code === undefined ? [] : [close_code]].join(" ")
    ).toSorted(),
    ["revoked /a/stream 200", "revoked /a/upload 401", "revoked /a/wait 401", "revoked /ws/x 101 1008"],
  );
  assertEquals(lines.filter(({ client, outcome }) => client === "coder" && outcome === "revoked"), []);
});

Deno.test("a revoked client that reads nothing keeps neither its stream nor its WebSocket", async () => {
  await using upstream = startSlowUpstream();
  await using sockets = await startWsUpstream({
    onConnection(socket) {
      const message = new Uint8Array(256 * 1024);
      const send = () => socket.send(message, (error?: Error) => error || send());
      send();
    },
  });
  const routes = [routeTo("/a/", upstream.url), routeTo("/ws/", sockets.url)];
  await using service = await startAdmin({
    routes: { clients: [coder, ci], routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_LOG: "json" },
  });
  await using streaming = await begin(service, CI, "GET /a/stream");
  await streaming.send("\r\n");
  await streaming.readUntil("one\n\r\n");
  const [exchange] = await upstream.exchanges("/stream", 1);
  // More than the kernel's buffers hold, so that a piece waits in the service for ever.
  const filling = (async () => {
    for (let count = 0; count < 400; count++) await exchange!.writeChunk(new Uint8Array(64 * 1024));
  })().catch(() => "cut");
  using socket = await connectWebSocket(service.port, { path: "/ws/x", headers: { "x-api-key": CI } });
  socket.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await reload(service, { clients: [coder], routes });
  await service.logged(/ended 2 request\(s\) in flight$/m);
  assertEquals(await within(filling, "The end at the upstream"), "cut");
  // A client that does not answer a close frame gets two seconds.
  await service.printed(/"path":"\/ws\/x".*"outcome":"revoked"/);
  await service.printed(/"path":"\/a\/stream".*"outcome":"revoked"/);
  assertMatch(await (await service.admin("/metrics")).text(), /^cred_proxy_requests_in_flight 0$/m);
});

Deno.test("what a client has in flight ends when it expires, loses the route or loses its token, and not before", async () => {
  await using upstream = startSlowUpstream();
  const routes = [routeTo("/a/", upstream.url), routeTo("/b/", upstream.url)];
  const tableOf = (fields: object) => ({ clients: [coder, { ...ci, routes: "*", ...fields }], routes });
  await using service = await startAdmin({
    routes: tableOf({ token_sha256: [sha256(CI), sha256(`${CI}2`)] }),
    env: { A_TOKEN: TOKEN, CRED_PROXY_LOG: "json" },
  });
  let reloads = 0;
  const changes: [name: string, fields: () => object, ended: number][] = [
    ["limits", () => ({ token_sha256: [sha256(CI), sha256(`${CI}2`)], max_in_flight: 9 }), 0],
    ["one of its tokens", () => ({ token_sha256: [sha256(CI)] }), 1],
    ["one of its routes", () => ({ token_sha256: [sha256(CI)], routes: ["/a/"] }), 1],
    ["its time", () => ({ expires: new Date(Date.now() + 2_000).toISOString() }), 1],
  ];
  await using stack = new AsyncDisposableStack();
  for (const [token, path] of [[CI, "/a/"], [`${CI}2`, "/a/"], [CI, "/b/"]] as const) {
    const wire = stack.use(await begin(service, token, `GET ${path}stream`));
    await wire.send("\r\n");
    await wire.readUntil("one\n\r\n");
  }
  let total = 0;
  const endings = () => service.stderr().split("in flight").length - 1;
  for (const [name, fields, ended] of changes) {
    await Deno.writeTextFile(join(service.folder, "routes.json"), JSON.stringify(tableOf(fields())));
    await service.logged(new RegExp(`(route table reloaded[^]*){${++reloads}}`));
    if (name === "its time") assertEquals(endings(), total);
    total += ended;
    if (ended > 0) await service.logged(new RegExp(`(ended 1 request\\(s\\) in flight[^]*){${total}}`));
    assertEquals(endings(), total, name);
  }
});
