/**
 * deploy/haproxy.cfg in front of two processes of the service, under idle and slow connections, and while one of the
 * processes is killed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../lib/core/sha256.ts";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { latin1 } from "../support/bytes.ts";
import { TOKEN } from "../support/fixture.ts";
import { PREFACE } from "../support/http2_frames.ts";
import { residentMemory } from "../support/service.ts";
import { shortestTime } from "../support/shortest_time.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { asksForWebSocket, serveWebSocket } from "../support/websocket_exchange.ts";
import { connectRaw, request, type Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const CONFIG = await Deno.readTextFile(new URL("../../deploy/haproxy.cfg", import.meta.url));
const hasHaproxy = await new Deno.Command("haproxy", { args: ["-v"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);

/** Two processes of the service behind HAProxy. */
interface Balanced extends AsyncDisposable {
  readonly port: number;
  readonly services: readonly [WithAdmin, WithAdmin];
}

/** Starts them, with what the test replaces in the configuration. */
async function startBalanced(
  upstream: Upstream,
  replaced: Readonly<Record<string, string>> = {},
): Promise<Balanced> {
  const start = () =>
    startAdmin({
      routes: {
        clients: [{ name: "coder", token_sha256: sha256("coder-token"), routes: "*" }],
        routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
      },
      env: { A_TOKEN: TOKEN },
    });
  const services = await Promise.all([start(), start()]) as [WithAdmin, WithAdmin];
  const port = freePort();
  let text = CONFIG.replace("bind :9099", `bind 127.0.0.1:${port}`);
  for (const [at, { port, adminAddress }] of services.entries()) {
    text = text.replace(
      `127.0.0.1:909${at + 1} port 910${at + 1}`,
      `127.0.0.1:${port} port ${adminAddress.split(":")[1]}`,
    );
  }
  for (const [from, to] of Object.entries(replaced)) {
    assert(text.includes(from), from);
    text = text.replace(from, to);
  }
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "haproxy.cfg"), text);
  const child = new Deno.Command("haproxy", {
    args: ["-db", "-f", join(folder, "haproxy.cfg")],
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (;;) {
    // Until both have passed a health check.
    const statuses = await Promise.all([1, 2].map(() => ask(port).then(({ status }) => status, () => 0)));
    if (statuses.every((status) => status === 200)) break;
    await pause(50);
  }
  return {
    port,
    services,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.status;
      for (const service of services) await service[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const HEAD = "GET /a/x HTTP/1.1\r\nHost: cred-proxy:9099\r\nX-Api-Key: coder-token\r\n";

function ask(port: number) {
  return request(port, `${HEAD}\r\n`);
}

Deno.test({
  name: "HAProxy keeps idle and slow connections away from the service, and one address from taking them all",
  ignore: !hasHaproxy,
  async fn() {
    await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
    await using balanced = await startBalanced(upstream, {
      "timeout http-request 10s": "timeout http-request 1s",
      "timeout http-keep-alive 30s": "timeout http-keep-alive 1s",
    });
    const { port, services } = balanced;
    // Another address than the attacker's, which is 127.0.0.2.
    const attack = async (text: string) => {
      const conn = await connectFrom("127.0.0.2", port);
      await conn?.write(new TextEncoder().encode(text)).catch(() => {});
      return conn;
    };
    const opened = await Promise.all(
      Array.from({ length: 300 }, (_, at) => attack(at % 2 === 0 ? HEAD : "")),
    );
    const delay = await shortestTime(async () => assertEquals((await ask(port)).status, 200), 250);
    assert(delay < 250, `${delay} ms`);
    const open = await Promise.all(services.map(({ pid }) => connectionsOf(pid)));
    // None of them has reached the service: only HAProxy's own, and those of the tests.
    assert(open[0]! + open[1]! < 20, open.join());

    const ends = await Promise.all(opened.map(async (conn) => {
      if (conn === undefined) return "refused";
      const began = performance.now();
      const bytes = new Uint8Array(1024);
      const count = await conn.read(bytes).catch(() => null);
      conn.close();
      if (performance.now() - began > 5000) return "late";
      return count === null ? "closed" : new TextDecoder().decode(bytes.subarray(9, 12));
    }));
    const kinds = Map.groupBy(ends, (end) => end);
    // 200 were let in: those with part of a head got 408, those without any may be closed.
    assertEquals([kinds.has("late"), kinds.has("200")], [false, false]);
    assert(
      kinds.get("408")!.length >= 80 && kinds.get("408")!.length <= 200,
      String([...kinds].map(([k, v]) => [k, v.length])),
    );

    // An idle connection is closed after the time for it.
    await using wire = await connectRaw(port);
    await wire.send(`${HEAD}\r\n`);
    assertEquals((await wire.readResponse()).status, 200);
    await within(wire.closed, "The end of an idle connection", 4000);
  },
});

Deno.test({
  name:
    "HAProxy passes on no more of a client's requests before the response to the last, however much it sends",
  ignore: !hasHaproxy,
  async fn() {
    const released = Promise.withResolvers<void>();
    let waiting = 0;
    await using upstream = startUpstream(async (exchange) => {
      if (exchange.target === "/wait") {
        waiting++;
        await released.promise;
      }
      await exchange.respond(200, [], "ok");
    });
    await using balanced = await startBalanced(upstream);
    const memory = async () =>
      Math.max(...await Promise.all(balanced.services.map(({ pid }) => residentMemory(pid))));
    const conns = await Promise.all(
      Array.from({ length: 30 }, () => Deno.connect({ hostname: "127.0.0.1", port: balanced.port })),
    );
    for (const conn of conns) await conn.write(latin1(`${HEAD.replace("/a/x", "/a/wait")}\r\n`));
    while (waiting < conns.length) await pause(10);
    const before = await memory();
    const ahead = latin1(`${HEAD}\r\n`.repeat(2_000));
    let sent = 0;
    // Until nobody takes any more.
    const sending = conns.map(async (conn) => {
      try {
        while (sent < 1_000_000_000) sent += await conn.write(ahead);
      } catch {
        // It was closed below, or by HAProxy.
      }
    });
    await pause(1500);
    // What the kernel buffers; without HAProxy it would be all.
    assert(sent < 400_000_000, `${sent} bytes`);
    const growth = await memory() - before;
    assert(growth < 30_000_000, `${growth} bytes`);
    for (const conn of conns) conn.close();
    released.resolve();
    await Promise.all(sending);
  },
});

Deno.test({
  name: "HAProxy serves no HTTP/2, and limits the WebSockets and the requests of one address",
  ignore: !hasHaproxy,
  async fn() {
    await using upstream = startUpstream(async (exchange) => {
      if (asksForWebSocket(exchange)) {
        return await serveWebSocket(exchange, { onMessage: (text, send) => send(text) });
      }
      await exchange.respond(200, [], "ok");
    });
    await using balanced = await startBalanced(upstream, { "http_req_rate gt 3000": "http_req_rate gt 200" });
    const { port } = balanced;
    await using http2 = await connectRaw(port);
    await http2.send(PREFACE);
    assertEquals((await http2.readResponse()).status, 400);

    const upgrade = `${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const heads = await Promise.all(Array.from({ length: 25 }, async () => {
      const wire = await connectRaw(port);
      await wire.send(upgrade);
      return { wire, status: Number((await wire.readUntil("\r\n\r\n")).split(" ")[1]) };
    }));
    assertEquals(heads.filter(({ status }) => status === 101).length, 20);
    assertEquals(heads.filter(({ status }) => status === 429).length, 5);
    for (const { wire } of heads) await wire[Symbol.asyncDispose]();

    const statuses: number[] = [];
    for (let at = 0; at < 250; at++) statuses.push((await ask(port)).status);
    assertEquals(statuses.at(0), 200);
    assertEquals(statuses.at(-1), 429);
  },
});

/** Connects from another address of the loopback network; undefined if that is refused. */
async function connectFrom(local: string, port: number): Promise<Deno.Conn | undefined> {
  const { Socket } = await import("node:net");
  const socket = new Socket();
  return await new Promise((resolve) => {
    socket.once("error", () => resolve(undefined));
    socket.connect({ host: "127.0.0.1", port, localAddress: local }, () => resolve(adapted(socket)));
  });
}

/** The little of a connection that the test needs. */
function adapted(socket: import("node:net").Socket): Deno.Conn {
  const ended = new Promise<null>((resolve) => {
    socket.once("end", () => resolve(null));
    socket.once("close", () => resolve(null));
    socket.once("error", () => resolve(null));
  });
  const data = new Promise<Uint8Array>((resolve) =>
    socket.once("data", (bytes) => resolve(new Uint8Array(bytes)))
  );
  return {
    write: (bytes: Uint8Array) =>
      new Promise<number>((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
      }),
    async read(into: Uint8Array) {
      const bytes = await Promise.race([data, ended]);
      if (bytes === null) return null;
      into.set(bytes.subarray(0, into.length));
      return Math.min(bytes.length, into.length);
    },
    close: () => void socket.destroy(),
  } as unknown as Deno.Conn;
}

/** Returns how many sockets a process has open. */
async function connectionsOf(pid: number): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    if (target.startsWith("socket:")) count++;
  }
  return count;
}

Deno.test({
  name: "HAProxy passes events at once, and a killed process loses only what was in flight on it",
  ignore: !hasHaproxy,
  async fn() {
    const released = Promise.withResolvers<void>();
    await using upstream = startUpstream(async (exchange) => {
      if (exchange.target !== "/events") {
        await pause(5);
        return await exchange.respond(200, [], "ok");
      }
      await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
      await exchange.writeChunk("data: one\n\n");
      await released.promise;
      await exchange.writeChunk("data: two\n\n");
      await exchange.writeChunk();
    });
    // The lanes below send more requests than one address may.
    await using balanced = await startBalanced(upstream, {
      "http_req_rate gt 3000": "http_req_rate gt 1000000",
    });
    const { port, services } = balanced;

    const wires: Wire[] = [];
    const delay = await shortestTime(async () => {
      const wire = await connectRaw(port);
      wires.push(wire);
      await wire.send(HEAD.replace("/a/x", "/a/events") + "\r\n");
      await wire.readUntil("data: one\n\n");
    }, 250);
    assert(delay < 250, "an event was late");
    released.resolve();
    for (const wire of wires) {
      await wire.readUntil("data: two\n\n");
      await wire.close();
    }

    const LANES = 8;
    let [over, whole, lost] = [false, 0, 0];
    const lanes = Array.from({ length: LANES }, async () => {
      while (!over) {
        const outcome = await ask(port).then(({ status }) => status, () => 0);
        if (outcome === 200) whole++;
        else lost++;
      }
    });
    await pause(700);
    services[0].kill("SIGKILL");
    await services[0].status;
    const before = whole;
    await pause(2500);
    over = true;
    await Promise.all(lanes);
    assert(lost <= LANES, `${lost} requests were lost of ${whole}`);
    assert(whole - before > 100, `${whole - before} requests after the kill`);
  },
});
