/**
 * A service that runs out of file descriptors: a client opens connections until no more can be accepted.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";
import { connectRaw, request, type Wire } from "../support/wire.ts";

/** How many files the service may have open. */
const LIMIT = 400;

const GET = "GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n";

/** Returns a port of 127.0.0.1 that is free. Only a fixed port can be opened again under the exact flags. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

interface Limited {
  readonly upstream: Upstream;
  readonly service: WithAdmin;
  readonly socket: string;
  /** Ends the streams of `/a/stream`. */
  end(): void;
}

/** Runs a test on a service that may open {@linkcode LIMIT} files. */
async function withLimit(test: (limited: Limited) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/proxy.sock`;
  const end = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    if (!exchange.target.endsWith("/stream")) return await exchange.respond(200, [], "ok");
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("first\n");
    await end.promise;
    await exchange.writeChunk("last");
    await exchange.writeChunk();
  });
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  try {
    await using service = await startAdmin(
      {
        routes: { routes },
        env: { A_TOKEN: TOKEN, CRED_PROXY_PORT: `${freePort()}`, CRED_PROXY_SOCKET: socket },
      },
      `127.0.0.1:${freePort()}`,
    );
    const { success } = await new Deno.Command("prlimit", {
      args: ["--pid", `${service.pid}`, `--nofile=${LIMIT}`],
    }).output();
    assert(success);
    await test({ upstream, service, socket, end: end.resolve });
  } finally {
    end.resolve();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens connections until the service accepts no more, and some beyond that. */
async function exhaust({ service, socket }: Limited, by: "tcp" | "unix"): Promise<Deno.Conn[]> {
  const conns: Deno.Conn[] = [];
  try {
    for (let count = 0; count < LIMIT + 50; count++) {
      conns.push(
        by === "tcp"
          ? await Deno.connect({ hostname: "127.0.0.1", port: service.port })
          : await Deno.connect({ transport: "unix", path: socket }),
      );
    }
  } catch {
    // Refused, since the listener is closed.
  }
  await service.logged(
    /^cred-proxy: new connections are not accepted for now, those open are served on: .*$/m,
  );
  return conns;
}

function lines(service: WithAdmin): readonly string[] {
  return service.stderr().split("\n").filter((line) => line.includes("new connections are"));
}

async function assertServed(wire: Wire, path = "/a/x"): Promise<void> {
  await wire.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assertEquals((await wire.readResponse()).body.text, "ok");
}

/** Waits until new clients are served. */
async function untilServed(port: number): Promise<void> {
  for (let left = 40;; left--) {
    try {
      assertEquals((await request(port, GET)).body.text, "ok");
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

Deno.test("a client that takes all file descriptors by TCP ends neither the service nor another client", async () => {
  await withLimit((limited) => assertStaysUp(limited, "tcp"));
});

Deno.test("a client that takes all file descriptors by Unix socket ends neither the service nor another client", async () => {
  await withLimit((limited) => assertStaysUp(limited, "unix"));
});

async function assertStaysUp(limited: Limited, by: "tcp" | "unix"): Promise<void> {
  const { service, socket, end } = limited;
  await using before = await connectRaw(service.port);
  await assertServed(before);
  await using stream = await connectRaw(service.port);
  await stream.send("GET /a/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  await stream.readUntil("first");

  const taken = await exhaust(limited, by);
  // Those connected are served, also by new connections to the upstream.
  for (let count = 0; count < 10; count++) await assertServed(before);
  // So is the operator, each time on a new connection.
  for (let count = 0; count < 10; count++) {
    const metrics = await service.admin("/metrics", { headers: { connection: "close" } });
    assertMatch(await metrics.text(), /^process_resident_memory_bytes [1-9]/m);
  }
  const ready = await service.admin("/readyz");
  assertEquals([ready.status, await ready.text()], [503, "full\n"]);

  for (const conn of taken) conn.close();
  await service.logged(/^cred-proxy: new connections are accepted again, after \d+ s$/m);
  assertEquals(await (await service.admin("/readyz")).text(), "ready\n");
  assertEquals((await request(service.port, GET)).body.text, "ok");
  using another = await Deno.connect({ transport: "unix", path: socket });
  await another.write(new TextEncoder().encode(GET));
  assert((await another.read(new Uint8Array(1024)) ?? 0) > 0);
  assertEquals(lines(service).length, 2, service.stderr());

  // The stream has seen nothing of it.
  end();
  assertMatch(await stream.readUntil("0\r\n\r\n"), /last/);
  await assertServed(before);
  assertEquals(await service.stop(), 0);
}

Deno.test("requests that want more connections than there are descriptors do not keep the operator out", async () => {
  await withLimit(async (limited) => {
    const { service, upstream } = limited;
    await using before = await connectRaw(service.port);
    const wires = await Promise.all(Array.from({ length: 150 }, () => connectRaw(service.port)));
    const taken = await exhaust(limited, "tcp");
    try {
      // Each needs a connection to the upstream of its own, as long as the others have not ended.
      for (const wire of wires) await wire.send("GET /a/stream HTTP/1.1\r\nHost: x\r\n\r\n");
      await Promise.all(wires.map((wire) => wire.readHead()));
      assert(upstream.openConnections > 50);
      for (let count = 0; count < 20; count++) {
        // It may be one connection until the operator's listener is open again.
        const health = await service.admin("/healthz", { headers: { connection: "close" } }).catch(() =>
          undefined
        );
        if (count > 0) assertEquals(health?.status, 200, `${count}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      // Those that are left are kept for the operator.
      await before.send(GET);
      const response = await before.readResponse();
      assertEquals([response.status, response.field("cred-proxy-error")], [502, "upstream_failed"]);
      await service.logged(/NoDescriptors: The last file descriptors are kept for the operator/);
    } finally {
      for (const conn of taken) conn.close();
      for (const wire of wires) await wire.close();
    }
    await within(untilServed(service.port), "A new client");
  });
});
