/**
 * Clients and upstreams that keep the service busy: others are served meanwhile.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { join, latin1, writeAll } from "../support/bytes.ts";
import { PeerDisconnected } from "../support/exchange.ts";
import { TOKEN } from "../support/fixture.ts";
import { canMeasure, processorTime } from "../support/process.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";
import { connectRaw, request } from "../support/wire.ts";

/**
 * How long the service may work for an attacker while others wait, in milliseconds of its processor time, which other programs
 * on the machine do not lengthen: several times what it takes.
 */
const WAIT = 1_000;

/**
 * How long it may work for four clients that have left, in milliseconds of its processor time: it took up to 3 s. Where chunks
 * pile up it takes minutes.
 */
const LEFT = 10_000;

const NOWHERE = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";

function uploadHead(target: string): Uint8Array {
  return latin1(`POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
}

let upstream: Upstream;
let service: WithAdmin;

Deno.test.beforeAll(async () => {
  upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/sink") await exchange.drain();
    if (exchange.target === "/early") {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.writeChunk("begun");
      await exchange.drain();
      return await exchange.writeChunk();
    }
    if (exchange.target !== "/tiny") {
      return await exchange.respond(200, [], "ok");
    }
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    const chunks = latin1("1\r\nx\r\n".repeat(10_000));
    try {
      for (;;) await exchange.write(chunks);
    } catch (error) {
      if (!(error instanceof PeerDisconnected)) throw error;
    }
  }, { record: false });
  service = await start();
});

function start(): Promise<WithAdmin> {
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  return startAdmin({ routes: { routes: [route] }, env: { A_TOKEN: TOKEN } });
}

Deno.test.afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await upstream.close();
});

/** Returns the least of three of {@linkcode waits}. */
async function shortestWait(service: WithAdmin): Promise<number> {
  return Math.min(...await waits(service));
}

/**
 * Returns how much processor time the service takes while another client and the operator wait for a response, three times,
 * in milliseconds.
 */
async function waits(service: WithAdmin): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < 3) {
    const start = await processorTime(service.pid);
    const { status } = await within(
      request(service.port, NOWHERE),
      "A response to another client",
    );
    await within(
      service.admin("/healthz").then((response) => response.body?.cancel()),
      "A health check",
    );
    assertEquals(status, 404);
    times.push(1_000 * (await processorTime(service.pid) - start));
  }
  return times;
}

/** Resolves once the service does nothing, to the processor time that it took until then, in milliseconds. */
async function timeUntilIdle(service: WithAdmin): Promise<number> {
  const began = await processorTime(service.pid);
  for (;;) {
    const start = await processorTime(service.pid);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const end = await processorTime(service.pid);
    if (end - start < 0.05) return 1_000 * (end - began);
  }
}

const MEASURED = { ignore: !canMeasure() };

Deno.test(
  "a response in chunks of one byte at full speed delays no other client, and no health check",
  MEASURED,
  async () => {
    const clients = await Promise.all(Array.from({ length: 2 }, async () => {
      const conn = await Deno.connect({ port: service.port });
      await conn.write(latin1("GET /a/tiny HTTP/1.1\r\nHost: x\r\n\r\n"));
      return conn;
    }));
    let over = false;
    const reading = Promise.all(clients.map(async (conn) => {
      const buffer = new Uint8Array(256 * 1024);
      while (!over && await conn.read(buffer) !== null);
      conn.close();
    }));
    try {
      const wait = await shortestWait(service);
      assert(wait < WAIT, `${wait} ms`);
    } finally {
      over = true;
      await reading;
    }
  },
);

Deno.test(
  "an upload in chunks of one byte at full speed delays no other client, and no health check",
  MEASURED,
  async () => {
    const chunks = latin1("1\r\nx\r\n".repeat(5_000));
    let over = false;
    const uploads = Promise.all(Array.from({ length: 4 }, async () => {
      using conn = await Deno.connect({ port: service.port });
      await conn.write(uploadHead("/a/sink"));
      while (!over) await writeAll(conn, chunks);
    }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const wait = await shortestWait(service);
    over = true;
    await within(uploads, "The end of the uploads", 20_000);
    assert(wait < WAIT, `${wait} ms`);
  },
);

Deno.test(
  "clients that upload in chunks of one byte, after large ones too, and leave, delay nobody",
  MEASURED,
  async () => {
    const large = join([latin1("10000\r\n"), new Uint8Array(65_536), latin1("\r\n")]);
    const chunks = latin1("1\r\nx\r\n".repeat(5_000));
    await using attacked = await start();
    for (const target of ["/a/sink", "/a/early"]) {
      for (const [first, time] of [[large, 30], [large, 100], [chunks, 700]] as const) {
        await Promise.all(
          Array.from({ length: 4 }, () => uploadAndLeave(attacked.port, { target, first, chunks, time })),
        );
        const wait = await shortestWait(attacked);
        assert(wait < WAIT, `${wait} ms after ${time} of ${target}`);
        const left = await within(timeUntilIdle(attacked), "The end of what is left to do", 30_000);
        assert(left < LEFT, `${left} ms of processor time after ${time} of ${target}`);
      }
    }
  },
);

Deno.test(
  "a client that goes on in small chunks once it has a response, and leaves, delays nobody",
  MEASURED,
  async () => {
    const chunks = latin1(`64\r\n${"x".repeat(100)}\r\n`.repeat(300));
    await using attacked = await start();
    const first = latin1("1\r\nx\r\n");
    // The response is sent in the pause.
    await uploadAndLeave(attacked.port, { target: "/a/early", first, pause: 1_000, chunks, time: 1_300 });
    const wait = await shortestWait(attacked);
    assert(wait < WAIT, `${wait} ms`);
    const left = await within(timeUntilIdle(attacked), "The end of what is left to do", 30_000);
    assert(left < LEFT, `${left} ms of processor time`);
  },
);

Deno.test(
  "a client that uploads in chunks of one byte on a connection that has taken a large upload before, and leaves, delays nobody",
  MEASURED,
  async () => {
    const before = join([
      latin1("POST /a/sink HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"),
      new Uint8Array(300_000),
    ]);
    const chunks = latin1("1\r\nx\r\n".repeat(5_000));
    await using attacked = await start();
    const uploads = Promise.all(Array.from({ length: 4 }, () => {
      return uploadAndLeave(attacked.port, { before, target: "/a/sink", first: chunks, chunks, time: 2_500 });
    }));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const longest = Math.max(...await waits(attacked));
    await uploads;
    assert(longest < WAIT, `${longest} ms`);
    const left = await within(timeUntilIdle(attacked), "The end of what is left to do", 30_000);
    assert(left < LEFT, `${left} ms of processor time`);
  },
);

/** Uploads chunks for some milliseconds, and closes the connection in the middle. */
async function uploadAndLeave(
  port: number,
  { before, target, first, pause = 0, chunks, time }: {
    /** A request whose response takes less than half a second. */
    before?: Uint8Array;
    target: string;
    first: Uint8Array;
    pause?: number;
    chunks: Uint8Array;
    time: number;
  },
): Promise<void> {
  using conn = await Deno.connect({ port });
  const reading = conn.readable.pipeTo(new WritableStream()).catch(() => {});
  const timer = setTimeout(() => conn.close(), time);
  try {
    if (before !== undefined) {
      await writeAll(conn, before);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await conn.write(uploadHead(target));
    await writeAll(conn, first);
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    for (;;) await writeAll(conn, chunks);
  } catch {
    // It was closed, as it may be.
  } finally {
    clearTimeout(timer);
  }
  await reading;
}

Deno.test("content in chunks of one byte that come faster than they can be read is refused, and the reason is said", async () => {
  await using wire = await connectRaw(service.port);
  let over = false;
  const chunks = latin1("1\r\nx\r\n".repeat(5_000));
  await wire.send(uploadHead("/a/sink"));
  const uploading = (async () => {
    while (!over) await wire.send(chunks);
  })().catch(() => {});
  const { status, body } = await wire.readResponse();
  over = true;
  await uploading;
  assertEquals([status, JSON.parse(body.text).error.message], [
    400,
    "The request cannot be forwarded safely: its content comes in too many too small chunks",
  ]);
});

Deno.test("sixteen refusals of requests that were sent at once are all sent, on a connection that goes on", async () => {
  await using wire = await connectRaw(service.port);
  await wire.send(NOWHERE.repeat(10) + NOWHERE.repeat(6));
  for (let count = 0; count < 16; count++) {
    assertEquals((await wire.readResponse()).status, 404);
  }
  await wire.send("GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n");
  assertEquals((await wire.readResponse()).status, 200);
});

Deno.test("a connection on which more requests at once are refused is ended, so that others get their turn", async () => {
  await using wire = await connectRaw(service.port);
  await wire.send(NOWHERE.repeat(200)).catch(() => {});
  // The client may see a reset, because of what it sent and nobody read.
  const { text } = await wire.readToEnd();
  const responses = text.split("HTTP/1.1 404 ").length - 1;
  assert(responses < 50, `${responses} responses`);
  assertEquals((await request(service.port, NOWHERE)).status, 404);
});
