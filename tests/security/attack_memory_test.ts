/**
 * Clients that send what the runtime keeps in memory, out of sight and without a limit of its own.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { latin1, writeAll } from "../support/bytes.ts";
import { TOKEN } from "../support/fixture.ts";
import { megabytes, MemoryWatch } from "../support/process.ts";
import { type Service, startService } from "../support/service.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";
import { connectRaw, request } from "../support/wire.ts";

const MIB = 1024 * 1024;

/** What deploy's files allow the process, in bytes. */
const ALLOWED = 256 * MIB;

let upstream: Upstream;
let service: Service;
let release = Promise.withResolvers<void>();

Deno.test.beforeAll(async () => {
  upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/wait") await release.promise;
    if (exchange.target === "/never") await new Promise(() => {});
    if (exchange.target !== "/stream") return await exchange.respond(200, [], "ok");
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("first\n");
    await new Promise(() => {});
  });
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  // A port that the system chose could not be opened again.
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = `${free.addr.port}`;
  free.close();
  service = await startService({
    routes: { routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_PORT: port, CRED_PROXY_LOG: "json" },
  });
});

Deno.test.afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await upstream.close();
});

/** Checks that another client is served again: for a moment the service may not listen. */
async function assertServed(): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return assertEquals((await request(service.port, text("GET", "/a/x"))).status, 200);
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function text(method: string, target: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** Sends a request that gets no complete response, and on and on behind it until the connection ends. */
async function sendAhead(method: string, target: string): Promise<void> {
  release = Promise.withResolvers();
  await using older = await connectRaw(service.port);
  await older.send(text("GET", "/a/wait"));
  const before = upstream.requests.length;
  const conn = await Deno.connect({ port: service.port });
  await conn.write(latin1(text(method, target)));
  while (upstream.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
  await using memory = new MemoryWatch(service.pid, 20);
  const ahead = latin1(text(method, "/nowhere").repeat(2000));
  let sent = 0;
  const sending = (async () => {
    for (; sent < 1000 * MIB; sent += ahead.length) await writeAll(conn, ahead);
  })();
  await within(sending.catch(() => {}), "The end of the connection", 30_000);
  conn.close();
  assert(sent < 1000 * MIB, "All was taken");
  assert(memory.peak < ALLOWED, `${megabytes(memory.peak)} MB`);
  release.resolve();
  assertEquals((await older.readResponse()).status, 200);
  await assertServed();
  assertMatch(
    service.stderr(),
    /the memory grew by \d+ MB, as it does when a client sends on and on: ended 1 request/,
  );
}

Deno.test("a client that sends on behind a GET without a response is ended, and an older request of another goes on", async () => {
  await sendAhead("GET", "/a/never");
  await service.printed(/"path":"\/a\/never".*"status":503,"error":"overloaded"/);
});

Deno.test("a client that sends on behind a HEAD without a response is ended, and an older request of another goes on", async () => {
  await sendAhead("HEAD", "/a/never");
});

Deno.test("a client that sends on behind a response without an end is ended, and an older request of another goes on", async () => {
  await sendAhead("GET", "/a/stream");
  await service.printed(/"path":"\/a\/stream".*"outcome":"overloaded"/);
});

Deno.test("a connection on which many HEADs were sent ahead, of which each takes long to find, is ended", async () => {
  release = Promise.withResolvers();
  await using wire = await connectRaw(service.port, { timeoutMs: 15_000 });
  await wire.send(text("HEAD", "/a/wait"));
  const ahead = latin1(text("HEAD", "/nowhere").repeat(2000));
  for (let sent = 0; sent < 40 * MIB; sent += ahead.length) await wire.send(ahead);
  release.resolve();
  await within(wire.closed, "The end of the connection", 15_000);
  await assertServed();
});

Deno.test("heads without an end are closed before they take the memory, and others are served", async () => {
  await using memory = new MemoryWatch(service.pid, 20);
  const head = latin1(`GET /a/x HTTP/1.1\r\nHost: x\r\n${"X-A: ".padEnd(1000, "y")}\r\n`.padEnd(60_000, "z"));
  const conns: Deno.TcpConn[] = [];
  try {
    while (conns.length < 2_600) {
      const conn = await Deno.connect({ port: service.port });
      conns.push(conn);
      await writeAll(conn, head);
    }
  } catch {
    // The service has closed it, or does not listen for the moment.
  }
  const closed = conns.map(async (conn) => {
    await conn.read(new Uint8Array(1)).catch(() => {});
    conn.close();
  });
  await within(Promise.race(closed), "The end of a connection", 15_000);
  assert(memory.peak < ALLOWED, `${megabytes(memory.peak)} MB`);
  for (const conn of conns) {
    try {
      conn.close();
    } catch {
      // Closed already.
    }
  }
  await Promise.all(closed.map((each) => each.catch(() => {})));
  await assertServed();
});
