/**
 * Connections that are kept, connections that end, and requests that are resent or are not.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Connection, type Socket } from "../../lib/upstream/connection.ts";
import { Pool } from "../../lib/upstream/pool.ts";
import { latin1 } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import {
  contentOf,
  type FlakyUpstream,
  MANNERS,
  type Moment,
  MOMENTS,
  pathOf,
  startFlakyUpstream,
} from "../support/flaky_upstream.ts";
import { startService } from "../support/service.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request, type WireResponse } from "../support/wire.ts";
import { within } from "../support/within.ts";

/** A socket whose reads a test completes. */
class ManualSocket implements Socket {
  closed = false;
  reads = 0;
  #pending: PromiseWithResolvers<number | null> | undefined;
  #room: Uint8Array = new Uint8Array();

  read(room: Uint8Array): Promise<number | null> {
    assertEquals(this.#pending, undefined, "Two reads at once");
    this.reads++;
    this.#room = room;
    this.#pending = Promise.withResolvers();
    return this.#pending.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.closed = true;
  }

  /** Completes the pending read: with bytes, the connection's end, or a failure. */
  async answer(outcome: string | null | Error): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) throw new Error("No read is pending");
    this.#pending = undefined;
    if (outcome instanceof Error) pending.reject(outcome);
    else if (outcome === null) pending.resolve(null);
    else {
      this.#room.set(latin1(outcome));
      pending.resolve(outcome.length);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function idleIn(pool: Pool): { socket: ManualSocket; connection: Connection } {
  const socket = new ManualSocket();
  const connection = new Connection(socket);
  pool.put(connection);
  return { socket, connection };
}

Deno.test("Pool keeps a read pending on an idle connection, which becomes the first read of the next response", async () => {
  const pool = new Pool();
  const { socket, connection } = idleIn(pool);
  assertEquals(socket.reads, 1);
  assert(pool.take() === connection);
  const head = connection.readHead();
  await socket.answer("HTTP/1.1 200 OK\r\n\r\n");
  assertEquals(await head, "HTTP/1.1 200 OK\r\n\r\n");
  assertEquals([socket.reads, socket.closed], [1, false]);
  pool.close();
});

Deno.test("Pool closes an idle connection at once when it ends, fails, or brings bytes that nobody asked for", async () => {
  for (const outcome of [null, new Deno.errors.ConnectionReset(), "H", "HTTP/1.1 200 OK\r\n\r\n", "\r\n"]) {
    const pool = new Pool();
    const { socket } = idleIn(pool);
    const other = idleIn(pool);
    await socket.answer(outcome);
    assertEquals([socket.closed, other.socket.closed], [true, false], String(outcome));
    assert(pool.take() === other.connection && pool.take() === undefined);
    pool.close();
  }
});

Deno.test("Pool leaves a connection alone once it is in use, whatever its read brings", async () => {
  for (const outcome of [null, new Deno.errors.ConnectionReset(), "H"]) {
    const pool = new Pool();
    const { socket, connection } = idleIn(pool);
    pool.take();
    await socket.answer(outcome);
    assertEquals([socket.closed, pool.take()], [false, undefined], String(outcome));
    if (outcome instanceof Error) await assertRejects(() => connection.fill(), Deno.errors.ConnectionReset);
    else assertEquals(await connection.fill(), outcome === null ? 0 : 1);
    pool.close();
  }
});

Deno.test("Pool reuses the connection that was used last", () => {
  const pool = new Pool();
  const [first, second] = [idleIn(pool), idleIn(pool)];
  assert(pool.take() === second.connection);
  assert(pool.take() === first.connection);
  assert(pool.take() === undefined);
  pool.close();
});

Deno.test("Pool keeps 256 connections and closes the 257th", () => {
  const pool = new Pool();
  const sockets = Array.from({ length: 257 }, () => idleIn(pool).socket);
  assertEquals(sockets.filter((socket) => socket.closed).length, 1);
  assert(sockets[256]?.closed);
  for (let count = 0; count < 256; count++) assert(pool.take() !== undefined);
  assertEquals(pool.take(), undefined);
  pool.close();
});

Deno.test("Pool closes the idle connections when it is closed, and those put back later", () => {
  const pool = new Pool();
  const before = idleIn(pool);
  pool.close();
  const after = idleIn(pool);
  assertEquals([before.socket.closed, after.socket.closed, after.socket.reads], [true, true, 0]);
  assertEquals(pool.take(), undefined);
});

/** A pool with a clock that a test sets, and the timer that it starts. */
function timedPool() {
  const [started, stopped] = [globalThis.setInterval, globalThis.clearInterval];
  // Whole, so that sums are exact.
  const clock = { now: Math.ceil(performance.now()), check: () => {}, running: 0, intervalMs: 0 };
  globalThis.setInterval = ((check: () => void, ms: number) => {
    clock.check = check;
    clock.intervalMs = ms;
    return ++clock.running;
  }) as unknown as typeof setInterval;
  globalThis.clearInterval = (timer) => {
    assertEquals(timer, clock.running, "another timer than the one that runs");
    clock.check = () => {};
    clock.running = 0;
  };
  const restore = () => void ([globalThis.setInterval, globalThis.clearInterval] = [started, stopped]);
  return { pool: new Pool(() => clock.now), clock, [Symbol.dispose]: restore };
}

Deno.test("Pool closes a connection that has been idle for a minute, and one used since then only later", () => {
  using timed = timedPool();
  const { pool, clock } = timed;
  const first = idleIn(pool);
  clock.now += 59_000;
  clock.check();
  assert(!first.socket.closed, "closed before a minute is over");
  const second = idleIn(pool);
  assertEquals(clock.running, 1, "timers");
  clock.now += 2_000;
  clock.check();
  assertEquals([first.socket.closed, second.socket.closed], [true, false]);
  clock.now += 60_000;
  clock.check();
  assertEquals([second.socket.closed, pool.take(), clock.running], [true, undefined, 0]);
  // It ages the next one as well, after the timer was stopped.
  const third = idleIn(pool);
  assertEquals(clock.running, 1);
  clock.now += 60_001;
  clock.check();
  assertEquals([third.socket.closed, clock.running], [true, 0]);
});

Deno.test("Pool does not return a connection that has been idle for a minute, even between two checks", () => {
  using timed = timedPool();
  const { pool, clock } = timed;
  const old = idleIn(pool);
  clock.now += 60_001;
  assertEquals([pool.take(), old.socket.closed], [undefined, true]);
});

/** Takes the pool's connection and gives it back after a response. */
async function reuse(
  pool: Pool,
  { socket, connection }: ReturnType<typeof idleIn>,
  keepMs?: number,
): Promise<void> {
  assert(pool.take() === connection);
  const read = connection.fill();
  await socket.answer("x");
  connection.discard(await read);
  pool.put(connection, keepMs);
}

Deno.test("Pool keeps no connection for more than five minutes, however often it is used", async () => {
  using timed = timedPool();
  const { pool, clock } = timed;
  const idle = idleIn(pool);
  for (let uses = 0; uses < 9; uses++) {
    clock.now += 33_000;
    await reuse(pool, idle);
  }
  clock.now += 4_000;
  assertEquals([pool.take(), idle.socket.closed], [undefined, true]);
  const aged = new ManualSocket();
  pool.put(new Connection(aged));
  assertEquals([aged.closed, pool.take()], [true, undefined]);
});

Deno.test("Pool keeps a connection no longer than the upstream does", async () => {
  using timed = timedPool();
  const { pool, clock } = timed;
  const idle = idleIn(pool);
  await reuse(pool, idle, 4_000);
  clock.now += 3_999;
  await reuse(pool, idle, 4_000);
  clock.now += 4_000;
  assertEquals([pool.take(), idle.socket.closed], [undefined, true]);
  const brief = new ManualSocket();
  pool.put(new Connection(brief), 0);
  assert(brief.closed);
});

Deno.test("Pool keeps a connection up to the very end of its time, and checks four times a minute", () => {
  // Idle for a minute, or as long as the upstream says, or until it is five minutes old.
  const cases: [keepMs: number | undefined, age: number, usable: number][] = [
    [undefined, 0, 60_000],
    [undefined, 240_000, 60_000],
    [undefined, 240_001, 59_999],
    [undefined, 299_999, 1],
    [59_999, 0, 59_999],
    [60_001, 0, 60_000],
    [1, 0, 1],
  ];
  for (const [keepMs, age, usable] of cases) {
    for (const early of [true, false]) {
      using timed = timedPool();
      const { pool, clock } = timed;
      const connection = new Connection(new ManualSocket());
      Object.assign(connection, { openedAt: clock.now });
      clock.now += age;
      pool.put(connection, keepMs);
      assertEquals(clock.intervalMs, 15_000);
      clock.now += early ? usable - 0.5 : usable;
      clock.check();
      assertEquals(clock.running, early ? 1 : 0);
      assertEquals(pool.take() === connection, early, `${keepMs} ${age}`);
      // The timer runs on until the next check, or the end.
      if (early) pool.close();
      assertEquals(clock.running, 0);
    }
  }
});

const stage = useFixture({
  routes: (upstream) => [{ path: "/a/", upstream }, { path: "/b/", upstream }],
});

/** Returns a request's text. */
function get(path: string, method = "GET", content?: string): string {
  const length = content === undefined ? "" : `Content-Length: ${content.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n${length}\r\n${content ?? ""}`;
}

/** Responds with the target, so that the response can't be mistaken for another's. */
async function echo(exchange: Exchange): Promise<void> {
  await exchange.drain();
  await exchange.respond(200, [], `to ${exchange.target}`);
}

let serial = 0;

/** Returns a path that no other request has. */
function fresh(route = "/a/"): string {
  return `${route}${++serial}`;
}

/** Puts a connection of route `/a/` into the pool, and returns the upstream's end of it. */
async function warm(): Promise<Exchange> {
  const { response, seen } = await stage.ask(get(fresh()), echo);
  assertEquals(response.status, 200);
  return seen as Exchange;
}

async function assertEchoed(path: string, method = "POST"): Promise<Exchange> {
  const { response, seen } = await stage.ask(get(path, method, method === "POST" ? "x" : undefined), echo);
  assertEquals([response.status, response.body.text], [200, `to ${path.slice(2)}`]);
  return seen as Exchange;
}

Deno.test("an idle connection that the upstream closes is not reused, not even by a POST", async () => {
  for (let count = 0; count < 30; count++) {
    const idle = await warm();
    idle.close();
    await new Promise((resolve) => setTimeout(resolve, 15));
    const next = await assertEchoed(fresh());
    assert(next.connection !== idle.connection);
  }
});

Deno.test("an idle connection that receives bytes is closed at once, and no client gets them", async () => {
  const strays = [
    "x",
    "\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "HTTP/1.1 408 Timeout\r\nConnection: close\r\n\r\n",
  ];
  for (const stray of strays) {
    const idle = await warm();
    await idle.write(stray);
    await within(idle.closed, "The end of the connection that brought bytes", 1000);
    const next = await assertEchoed(fresh());
    assert(next.connection !== idle.connection);
  }
});

Deno.test("bytes that are read together with the end of a response end its connection, and no other request gets them", async () => {
  const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  const responses: [head: string, content: string, method?: string][] = [
    ["200 OK\r\nContent-Length: 4\r\n", "good"],
    ["200 OK\r\nContent-Length: 0\r\n", ""],
    ["200 OK\r\nTransfer-Encoding: chunked\r\n", "4\r\ngood\r\n0\r\n\r\n"],
    ["200 OK\r\nTransfer-Encoding: chunked\r\n", "4\r\ngood\r\n0\r\nA: b\r\n\r\n"],
    ["204 No Content\r\n", ""],
    ["304 Not Modified\r\nContent-Length: 4\r\n", ""],
    ["200 OK\r\nContent-Length: 4\r\n", "", "HEAD"],
    ["200 OK\r\nTransfer-Encoding: chunked\r\n", "", "HEAD"],
  ];
  for (const [head, content, method = "GET"] of responses) {
    for (const behind of [evil, "x", "\r\n", "good"]) {
      const { response, seen } = await stage.ask(get(fresh(), method), async (exchange) => {
        await exchange.write(`HTTP/1.1 ${head}\r\n${content}${behind}`);
        await exchange.closed;
      });
      const message = `${method} ${JSON.stringify(head + behind)}`;
      assertEquals([response.status, response.body.clean], [Number(head.slice(0, 3)), true], message);
      assertEquals(response.body.text, content === "" ? "" : "good", message);
      await within((seen as Exchange).closed, `The end of the connection after ${message}`, 1000);
      const next = await assertEchoed(fresh());
      assert(next.connection !== seen?.connection);
    }
  }
});

Deno.test("content that follows a response without content, a moment later, is never the next response", async () => {
  const late = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  const responses: [method: string, head: string][] = [
    ["HEAD", `200 OK\r\nContent-Length: ${late.length}`],
    ["HEAD", "200 OK\r\nTransfer-Encoding: chunked"],
    ["DELETE", `204 No Content\r\nContent-Length: ${late.length}`],
    ["GET", `304 Not Modified\r\nContent-Length: ${late.length}`],
    ["GET", "304 Not Modified\r\nTransfer-Encoding: chunked"],
  ];
  for (const [method, head] of responses) {
    const sent = Promise.withResolvers<void>();
    stage.setScript(async (exchange) => {
      // The next request, on whichever connection, gets its response after the late content was sent.
      if (exchange.target.endsWith("/next")) {
        await sent.promise;
        return await exchange.respond(200, [], "good");
      }
      await exchange.write(`HTTP/1.1 ${head}\r\n\r\n`);
      setTimeout(() => exchange.write(late).catch(() => {}).finally(sent.resolve), 100);
    });
    await using wire = await connectRaw(stage.service.port);
    await wire.send(get(fresh(), method));
    assertEquals((await wire.readResponse({ method })).body.text, "");
    await wire.send(get("/a/next"));
    assertEquals((await wire.readResponse()).body.text, "good", `after ${method} ${head}`);
  }
});

Deno.test("a connection on which content was still to be sent is not reused", async () => {
  const halves = {
    "Content-Length: 10": ["hello", "world"],
    "Transfer-Encoding: chunked": ["5\r\nhello\r\n", "5\r\nworld\r\n"],
  };
  for (const [field, [first = "", more = ""]] of Object.entries(halves)) {
    for (const status of [200, 413]) {
      const rest = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<Exchange>();
      stage.setScript(async (exchange) => {
        for await (const _ of exchange.body()) break;
        await exchange.respond(status, { "Content-Length": "8" }, "hal\n");
        begun.resolve(exchange);
        await rest.promise;
        await exchange.write("who\n");
        await exchange.closed;
      });
      await using wire = await connectRaw(stage.service.port);
      await wire.send(`POST ${fresh()} HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n${first}`);
      await wire.readUntil("hal\n");
      // The service reads what follows, but the upstream has refused the request already.
      if (status === 413) await wire.send(more.slice(0, -3));
      await new Promise((resolve) => setTimeout(resolve, 30));
      rest.resolve();
      await wire.readUntil("who\n");
      const exchange = await begun.promise;
      await within(exchange.closed, `The connection's end after ${status} to ${field}`, 1000);
      const next = await assertEchoed(fresh());
      assert(next.connection !== exchange.connection);
    }
  }
});

Deno.test("a connection is kept after a response whose end is known, and closed after any other", async () => {
  const responses: [text: string, kept: boolean, method?: string][] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true],
    ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", true],
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok", true],
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, "HEAD"],
    ["HTTP/1.1 200 OK\r\n\r\n", true, "HEAD"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, "HEAD"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, "HEAD"],
    ["HTTP/1.1 304 Not Modified\r\n\r\n", true],
    ["HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", false],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", false],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=9, max=5\r\n\r\nok", true],
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok", false],
    ["HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok", false],
    ["HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", false],
  ];
  for (const [text, kept, method] of responses) {
    const { seen } = await stage.ask(get(fresh(), method), (exchange) => exchange.write(text));
    if (!kept) {
      await within((seen as Exchange).closed, `The connection's end after ${JSON.stringify(text)}`, 1000);
    }
    const next = await assertEchoed(fresh());
    assertEquals(next.connection === seen?.connection, kept, JSON.stringify(text));
  }
});

Deno.test("no connection is shared between routes to one upstream, nor between upstreams", async () => {
  const of: Record<string, Set<number>> = { "/a/": new Set(), "/b/": new Set() };
  for (let count = 0; count < 20; count++) {
    for (const route of ["/a/", "/b/"]) of[route]?.add((await assertEchoed(fresh(route))).connection);
  }
  const [a, b] = [of["/a/"] ?? new Set(), of["/b/"] ?? new Set()];
  assertEquals([a.size, b.size, a.union(b).size], [1, 1, 2]);

  await using one = startUpstream((exchange) => exchange.respond(200, [], "one"));
  await using two = startUpstream((exchange) => exchange.respond(200, [], "two"));
  const routes = [["/1/", one], ["/2/", two], ["/3/", one]].map(([path, upstream]) => ({
    path,
    upstream: (upstream as typeof one).url,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  }));
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  for (let count = 0; count < 10; count++) {
    for (const [path, text] of [["/1/", "one"], ["/2/", "two"], ["/3/", "one"]] as const) {
      assertEquals((await request(service.port, get(path))).body.text, text);
    }
  }
  assertEquals([one.connections, two.connections], [2, 1]);
});

Deno.test("a request is resent under four conditions, and not if one of them does not hold", async () => {
  interface Case {
    readonly what: string;
    readonly method: string;
    readonly content?: string;
    /** Whether the connection has served before. */
    readonly reused?: boolean;
    /** What the upstream sends before it closes the connection. */
    readonly sends?: string;
    readonly deliveries: number;
  }
  const cases: readonly Case[] = [
    ...["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].map((method) => ({
      what: "all hold",
      method,
      deliveries: 2,
    })),
    { what: "all hold, and the content is empty", method: "PUT", content: "", deliveries: 2 },
    ...["POST", "PATCH", "PROPFIND", "get", "LOCK"].map((method) => ({
      what: "the method is not known to be idempotent",
      method,
      deliveries: 1,
    })),
    { what: "empty content does not make it safer", method: "POST", content: "", deliveries: 1 },
    ...["PUT", "DELETE", "OPTIONS"].map((method) => ({
      what: "there is content",
      method,
      content: "content",
      deliveries: 1,
    })),
    ...["GET", "PUT"].map((method) => ({
      what: "the connection is a new one",
      method,
      reused: false,
      deliveries: 1,
    })),
    ...[
      "H",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 103 Early Hints\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.",
    ].map((sends) => ({
      what: "bytes of a response arrived",
      method: "GET",
      sends,
      deliveries: 1,
    })),
  ];
  for (const { what, method, content, reused = true, sends, deliveries } of cases) {
    const message = `${method} ${JSON.stringify(sends ?? content ?? "")}: ${what}`;
    const idle = await warm();
    if (!reused) {
      idle.close();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const before = stage.upstream.requests.length;
    const connections = stage.upstream.connections;
    let leaves = 1;
    stage.setScript(async (exchange) => {
      await exchange.drain();
      if (leaves-- <= 0) return await echo(exchange);
      if (sends !== undefined) await exchange.write(sends);
      exchange.close();
    });
    const path = fresh();
    const response = await request(stage.service.port, get(path, method, content));
    assertEquals(response.status, deliveries === 2 ? 200 : 502, message);
    const delivered = stage.upstream.requests.slice(before);
    assertEquals(delivered.map(({ target }) => target), Array(deliveries).fill(path.slice(2)), message);
    // No connection is opened in vain.
    assertEquals(stage.upstream.connections - connections, deliveries - (reused ? 1 : 0), message);
    // It is resent on a new connection, not on another idle one, which may be as stale.
    if (deliveries === 2) assertEquals(delivered[1]?.request, 1, message);
  }
});

Deno.test("a request is resent once at most", async () => {
  // Several idle connections, each of which could be tried.
  const gate = Promise.withResolvers<void>();
  let come = 0;
  stage.setScript(async (exchange) => {
    if (++come === 5) gate.resolve();
    await gate.promise;
    await echo(exchange);
  });
  await Promise.all(Array.from({ length: 5 }, () => request(stage.service.port, get(fresh()))));
  const before = stage.upstream.requests.length;
  stage.setScript((exchange) => exchange.close());
  const response = await request(stage.service.port, get(fresh()));
  assertEquals([response.status, stage.upstream.requests.length - before], [502, 2]);
});

/** Runs the service in front of an upstream that ends its connections at every possible moment. */
async function withFlaky(run: (upstream: FlakyUpstream, port: number) => Promise<void>): Promise<void> {
  await using upstream = await startFlakyUpstream();
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  await run(upstream, service.port);
}

Deno.test("a request is not resent once a byte of a response has arrived, even if an RST ends the connection", async () => {
  await withFlaky(async (upstream, port) => {
    for (const moment of ["byte", "interim", "reply-head"] as const) {
      for (const manner of MANNERS) {
        for (const round of [1, 2, 3]) {
          const own = `${moment}-${manner}-${round}`;
          await request(port, get(`/a${pathOf(`${own}-before`, "never", manner)}`));
          const response = await request(port, get(`/a${pathOf(own, moment, manner)}`));
          assertEquals([response.status, upstream.heads.get(own)], [502, 1], own);
        }
      }
    }
  });
});

/** Asserts that the response is the request's own: all of it, a part, or a refusal. */
function assertOwn(response: WireResponse, own: string): void {
  if (response.status === 502) {
    return assertMatch(response.field("cred-proxy-error") ?? "", /^upstream_(?:failed|reply_refused)$/);
  }
  assertEquals([response.status, response.field("x-serial")], [200, own]);
  const whole = contentOf(own);
  assert(whole.startsWith(response.body.text), `${own}: ${response.body.text}`);
  assertEquals(response.body.clean, response.body.text.length === whole.length);
}

/** Calls `work` for each number, with several calls at a time. */
async function inParallel(
  count: number,
  workers: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: workers }, async () => {
    while (next < count) await work(next++);
  }));
}

Deno.test("a POST is never delivered twice in 400 tries, whenever and however the upstream closes", async () => {
  await withFlaky(async (upstream, port) => {
    upstream.refuseEvery(9);
    const ends: Record<string, number> = {};
    await inParallel(400, 4, async (number) => {
      // Every second connection is kept, so that the next request finds one.
      const moment = number % 2 === 0 ? "never" : MOMENTS[(number >> 1) % MOMENTS.length] as Moment;
      const manner = MANNERS[(number >> 2) % 2] ?? "end";
      const own = `p${number}`;
      const path = `/a${pathOf(own, moment, manner)}`;
      const response = await request(
        port,
        get(path, "POST", "0123456789".repeat(number % 3 === 0 ? 20_000 : 20)),
      );
      assertOwn(response, own);
      const end = response.status === 502 ? "refused" : response.body.clean ? "whole" : "broken";
      ends[`${moment}: ${end}`] = (ends[`${moment}: ${end}`] ?? 0) + 1;
    });
    const twice = [...upstream.heads].filter(([, count]) => count > 1);
    assertEquals(twice, [], JSON.stringify(ends));
    assert(upstream.heads.size >= 280, `only ${upstream.heads.size} were delivered at all`);
    for (const moment of MOMENTS) assert(Object.keys(ends).some((key) => key.startsWith(moment)), moment);
    for (const end of ["never: whole", "replied: whole", "content: broken", "request: refused"]) {
      assert((ends[end] ?? 0) > 8, `${end}: ${JSON.stringify(ends)}`);
    }
  });
});

Deno.test("a GET on a connection that the upstream closes at that moment succeeds, in 200 tries", async () => {
  await withFlaky(async (upstream, port) => {
    await inParallel(200, 4, async (number) => {
      const manner = MANNERS[number % 2] ?? "end";
      const moment = number % 3 === 0 ? "later" : "replied";
      // With an RST, the response itself may be lost.
      const first = await request(port, get(`/a${pathOf(`f${number}`, moment, manner)}`));
      assertOwn(first, `f${number}`);
      if (number % 5 === 0) await new Promise((resolve) => setTimeout(resolve, number % 4));
      const own = `g${number}`;
      const response = await request(port, get(`/a${pathOf(own, "never", manner)}`));
      assertEquals([response.status, response.body.text], [200, contentOf(own)], own);
      const deliveries = upstream.heads.get(own) ?? 0;
      assert(deliveries === 1 || deliveries === 2, `${own}: ${deliveries}`);
    });
  });
});
