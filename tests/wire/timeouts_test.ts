/**
 * How long the service waits for an upstream, and how soon it stops when the client has disconnected.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ByteSource } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { type Service, startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { connectRaw, request } from "../support/wire.ts";
import { within } from "../support/within.ts";

/** Deadlines are checked four times a second; the rest is for a busy machine. */
const SLACK = 1200;

/** An address to which no connection succeeds: its queue is full, so that it never responds. */
interface BlackHole extends Disposable {
  readonly port: number;
}

async function openBlackHole(): Promise<BlackHole> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const stuck: Deno.Conn[] = [];
  // Nobody accepts. The system queues one or two more than it was asked to.
  for (let full = false; !full;) {
    const signal = AbortSignal.timeout(200);
    await Deno.connect({ hostname: "127.0.0.1", port, signal }).then(
      (conn) => stuck.push(conn),
      () => full = true,
    );
    assert(stuck.length < 100, "The queue does not fill");
  }
  return {
    port,
    [Symbol.dispose]() {
      for (const each of [listener, ...stuck]) each.close();
    },
  };
}

/** A server that accepts every connection and then stays silent. */
interface Mute extends AsyncDisposable {
  readonly port: number;
  /** The connections so far; each resolves when its peer closes it. */
  readonly ended: Promise<void>[];
}

function openMute(): Mute {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const ended: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      open.push(conn);
      ended.push(new ByteSource(conn).ended);
    }
  })();
  return {
    port: listener.addr.port,
    ended,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) conn.close();
      await accepting;
      await Promise.all(ended);
    },
  };
}

/** A service with routes from paths to upstreams, each with its own limits. */
function serve(
  routes: Readonly<Record<string, { readonly upstream: string; readonly [limit: string]: string | number }>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const table = Object.entries(routes).map(([path, fields]) => ({
    path,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
    ...fields,
  }));
  return startService({ routes: { routes: table }, env: { A_TOKEN: TOKEN, CRED_PROXY_DEBUG: "1", ...env } });
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends a request, and asserts a 504 after a number of milliseconds. */
async function assertTimesOut(service: Service, path: string, limit: number): Promise<void> {
  const start = performance.now();
  const response = await request(service.port, get(path));
  const taken = performance.now() - start;
  assertEquals([response.status, response.field("cred-proxy-error")], [504, "upstream_timeout"], path);
  assert(taken >= limit && taken < limit + SLACK, `${path}: ${taken} ms`);
}

Deno.test("no connection within connect_timeout_s is a 504, whichever step of it hangs", async () => {
  using hole = await openBlackHole();
  await using mute = openMute();
  await using plain = startUpstream((exchange) => exchange.respond(200));
  const limit = { connect_timeout_s: 0.4, response_timeout_s: 60 };
  await using service = await serve({
    "/tcp/": { upstream: `http://127.0.0.1:${hole.port}`, ...limit },
    "/tcp-before-tls/": { upstream: `https://127.0.0.1:${hole.port}`, ...limit },
    "/tls/": { upstream: `https://localhost:${mute.port}`, ...limit },
    "/ok/": { upstream: plain.url, ...limit },
  });
  await Promise.all(
    ["/tcp/x", "/tcp-before-tls/x", "/tls/x"].map((path) => assertTimesOut(service, path, 400)),
  );
  assertEquals((await request(service.port, get("/ok/x"))).status, 200);

  await using tunnel = openMute();
  await using proxied = await serve({
    "/a/": { upstream: "https://upstream.test", ...limit },
    "/b/": { upstream: "http://upstream.test", ...limit },
  }, { HTTPS_PROXY: `http://127.0.0.1:${tunnel.port}`, HTTP_PROXY: `http://127.0.0.1:${hole.port}` });
  await Promise.all(["/a/x", "/b/x"].map((path) => assertTimesOut(proxied, path, 400)));
  assertEquals(tunnel.ended.length, 1);
  await within(Promise.all(tunnel.ended), "The end of the connection without an answer to CONNECT", 1000);
});

/** Responses whose heads never end. */
const UNFINISHED: Readonly<Record<string, Script>> = {
  "/nothing": () => {},
  "/half": (exchange) => exchange.write("HTTP/1.1 200 OK\r\nA: b\r\n"),
  "/interim": (exchange) => exchange.write("HTTP/1.1 103 Early Hints\r\n\r\n"),
  "/drops": async (exchange) => {
    await exchange.write("HTTP/1.1 200 OK\r\nA: ");
    for (;;) {
      await exchange.write("x");
      await sleep(50);
    }
  },
};

Deno.test("no complete head within response_timeout_s is a 504, however much of it has arrived", async () => {
  await using upstream = startUpstream(async (exchange) => {
    await UNFINISHED[exchange.target]?.(exchange);
    await exchange.closed;
  });
  await using service = await serve({ "/a/": { upstream: upstream.url, response_timeout_s: 0.5 } });
  await Promise.all(Object.keys(UNFINISHED).map((target) => assertTimesOut(service, `/a${target}`, 500)));
  // A connection on which a response may still arrive is not kept either.
  const left = Promise.all(upstream.requests.map((exchange) => exchange.closed));
  await within(left, "The ends of the connections without an answer", 1000);
});

Deno.test("the response time-out is the same on a reused connection, and the request is not resent", async () => {
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.request === 1) await exchange.respond(200);
    else await exchange.closed;
  });
  await using service = await serve({ "/a/": { upstream: upstream.url, response_timeout_s: 0.5 } });
  assertEquals((await request(service.port, get("/a/1"))).status, 200);
  await assertTimesOut(service, "/a/2", 500);
  assertEquals(upstream.requests.map(({ target }) => target), ["/1", "/2"]);
});

Deno.test("each route has its own time-outs", async () => {
  using hole = await openBlackHole();
  await using upstream = startUpstream(async (exchange) => {
    await sleep(1000);
    await exchange.respond(200, [], "after a second");
  });
  await using service = await serve({
    "/short/": { upstream: upstream.url, response_timeout_s: 0.3 },
    "/long/": { upstream: upstream.url, response_timeout_s: 30 },
    "/untold/": { upstream: upstream.url },
    "/near/": { upstream: `http://127.0.0.1:${hole.port}`, connect_timeout_s: 0.3 },
    "/far/": { upstream: `http://127.0.0.1:${hole.port}`, connect_timeout_s: 1.2 },
  });
  await Promise.all([
    assertTimesOut(service, "/short/x", 300),
    assertTimesOut(service, "/near/x", 300),
    assertTimesOut(service, "/far/x", 1200),
    ...["/long/x", "/untold/x"].map(async (path) => {
      const response = await request(service.port, get(path));
      assertEquals([response.status, response.body.text], [200, "after a second"]);
    }),
  ]);
});

Deno.test("silence in a stream does not time out, however long it lasts", async () => {
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/length") await exchange.respond(200, { "Content-Length": "10" });
    else await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (let count = 0; count < 2; count++) {
      await sleep(1500);
      if (exchange.target === "/length") await exchange.write("event");
      else await exchange.writeChunk("event");
    }
    if (exchange.target !== "/length") await exchange.writeChunk();
  });
  await using service = await serve({
    "/a/": { upstream: upstream.url, response_timeout_s: 0.3, connect_timeout_s: 0.3 },
  });
  const responses = await Promise.all(
    ["/length", "/chunked"].map(async (target) => {
      await using wire = await connectRaw(service.port);
      await wire.send(get(`/a${target}`));
      return await wire.readResponse();
    }),
  );
  for (const { body } of responses) assertEquals([body.text, body.clean], ["eventevent", true]);
});

/** A POST whose content is sent in a number of pieces, one every 200 milliseconds. */
async function uploadSlowly(service: Service, path: string, pieces: number, chunked: boolean) {
  await using wire = await connectRaw(service.port);
  const field = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${pieces * 5}`;
  await wire.send(`POST ${path} HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n`);
  for (let count = 0; count < pieces; count++) {
    await wire.send(chunked ? "5\r\npiece\r\n" : "piece");
    await sleep(200);
  }
  if (chunked) await wire.send("0\r\n\r\n");
  return await wire.readResponse();
}

Deno.test("an upload that makes progress is not aborted, though it takes longer than response_timeout_s", async () => {
  await using upstream = startUpstream(async (exchange) => {
    const content = await exchange.bodyBytes();
    await sleep(100);
    await exchange.respond(200, [], `${content.length} bytes`);
  });
  await using service = await serve({ "/a/": { upstream: upstream.url, response_timeout_s: 0.5 } });
  await Promise.all([true, false].map(async (chunked) => {
    const response = await uploadSlowly(service, "/a/x", 12, chunked);
    assertEquals([response.status, response.body.text], [200, "60 bytes"]);
  }));
});

Deno.test("an upload that stalls is aborted after response_timeout_s, and the upstream sees no end of it", async () => {
  await using upstream = startUpstream((exchange) => exchange.drain());
  await using service = await serve({ "/a/": { upstream: upstream.url, response_timeout_s: 0.5 } });
  await using wire = await connectRaw(service.port);
  const start = performance.now();
  await wire.send("POST /a/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npiece\r\n");
  const response = await wire.readResponse();
  const taken = performance.now() - start;
  assertEquals([response.status, response.field("cred-proxy-error")], [504, "upstream_timeout"]);
  assert(taken >= 500 && taken < 500 + SLACK, `${taken} ms`);
  const exchange = upstream.requests[0] as Exchange;
  await within(exchange.closed, "The end of the upload", 1000);
  assertEquals(exchange.received.length, 5);
});

/** What a client requests, and how far its exchange is when it disconnects. */
interface Departure {
  readonly fixture: string;
  readonly path: string;
  /** What the client sends; a GET of the path by default. */
  readonly text?: string;
  /** What the upstream does once it has the request's head. */
  readonly script?: Script;
  /** What the client waits for before it disconnects. */
  readonly until?: string;
}

const DEPARTURES: readonly Departure[] = [
  { fixture: "while there is no connection", path: "/hole/x" },
  { fixture: "within the TLS handshake", path: "/mute/x" },
  { fixture: "before any byte of the response", path: "/a/nothing", script: () => {} },
  { fixture: "within the response's head", path: "/a/half", script: UNFINISHED["/half"] as Script },
  { fixture: "after an interim response", path: "/a/interim", script: UNFINISHED["/interim"] as Script },
  {
    fixture: "after the response's head",
    path: "/a/head",
    script: (exchange) => exchange.respond(200, { "Transfer-Encoding": "chunked" }),
    until: "\r\n\r\n",
  },
  {
    fixture: "after the beginning of a chunk",
    path: "/a/chunk",
    script: async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.write("1");
    },
  },
  {
    fixture: "in the middle of the content",
    path: "/a/content",
    script: async (exchange) => {
      await exchange.respond(200, { "Content-Length": "1000" });
      await exchange.write("content");
    },
    until: "content",
  },
  {
    fixture: "in the middle of a stream that continues",
    path: "/a/stream",
    script: async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      for (;;) {
        await exchange.writeChunk("event\n");
        await sleep(20);
      }
    },
    until: "event",
  },
  {
    fixture: "while it reads nothing of a large response",
    path: "/a/flood",
    script: async (exchange) => {
      await exchange.respond(200, { "Content-Length": "1000000000" });
      for (;;) await exchange.write(new Uint8Array(100_000));
    },
  },
  {
    fixture: "before its upload has begun",
    path: "/a/upload",
    text: "POST /a/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
    script: (exchange) => exchange.drain(),
  },
  {
    fixture: "in the middle of its upload",
    path: "/a/upload",
    text: "POST /a/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
    script: (exchange) => exchange.drain(),
  },
  {
    fixture: "in the middle of a chunked upload whose response has begun",
    path: "/a/upload",
    text: "POST /a/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    script: async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.writeChunk("event\n");
    },
    until: "event",
  },
  {
    fixture: "after an upload that arrived with the head",
    path: "/a/uploaded",
    text: "POST /a/uploaded HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhole",
    script: (exchange) => exchange.drain(),
  },
  {
    // Once a client's content has arrived, the runtime checks its connection only when there is something to send.
    fixture: "after an upload, once there is a response",
    path: "/a/uploaded",
    text: `POST /a/uploaded HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${"x".repeat(1000)}`,
    script: async (exchange) => {
      await exchange.drain();
      await sleep(400);
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      for (;;) {
        await exchange.writeChunk("event\n");
        await sleep(20);
      }
    },
  },
];

Deno.test("a client that disconnects ends the upstream's exchange within a second, whatever the moment", async (test) => {
  using hole = await openBlackHole();
  await using mute = openMute();
  let script: Script = () => {};
  await using upstream: Upstream = startUpstream(async (exchange) => {
    await script(exchange);
    await exchange.closed;
  });
  await using ready = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  // One at a time: the next request is accepted when the last one has ended.
  await using service = await serve({
    "/hole/": { upstream: `http://127.0.0.1:${hole.port}` },
    "/mute/": { upstream: `https://localhost:${mute.port}` },
    "/a/": { upstream: upstream.url },
    "/ready/": { upstream: ready.url },
  }, { CRED_PROXY_MAX_IN_FLIGHT: "1" });

  for (const { fixture, path, text = get(path), until, ...departure } of DEPARTURES) {
    await test.step(fixture, async () => {
      script = departure.script ?? (() => {});
      const wire = await connectRaw(service.port);
      await wire.send(text);
      if (until !== undefined) await wire.readUntil(until);
      else await sleep(150);
      assertEquals((await request(service.port, get("/ready/x"))).status, 503, "It is not in flight yet");
      await wire.close();
      const left = performance.now();
      while ((await request(service.port, get("/ready/x"))).status === 503) {
        assert(performance.now() - left < 1000, "It is in flight still");
        await sleep(20);
      }
      // The runtime closes a connection that is aborted within its handshake only when the peer does something.
      const closed = Promise.all(upstream.requests.map((exchange) => exchange.closed));
      await within(closed, "The end of the upstream's connection", 1000 - (performance.now() - left));
    });
  }
  assertEquals(upstream.requests.length, DEPARTURES.filter(({ path }) => path.startsWith("/a/")).length);
});
