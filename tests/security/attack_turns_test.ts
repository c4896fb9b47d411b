/**
 * Clients and upstreams that keep the service busy: others are served meanwhile.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { latin1, writeAll } from "../support/bytes.ts";
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

const NOWHERE = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";

let upstream: Upstream;
let service: WithAdmin;

Deno.test.beforeAll(async () => {
  upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/sink") await exchange.drain();
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

/**
 * Returns how much processor time the service takes while another client and the operator wait for a response, in
 * milliseconds: the least of three times.
 */
async function shortestWait(service: WithAdmin): Promise<number> {
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
  return Math.min(...times);
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
    // One of its own, which is killed: it goes on with what it has received when the clients have left, as SECURITY.md says.
    const attacked = await start();
    let over = false;
    const uploads = Promise.all(Array.from({ length: 4 }, async () => {
      using conn = await Deno.connect({ port: attacked.port });
      await conn.write(latin1("POST /a/sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
      while (!over) await writeAll(conn, chunks);
    }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const wait = await shortestWait(attacked);
    over = true;
    await within(uploads, "The end of the uploads", 20_000);
    attacked.kill("SIGKILL");
    await attacked[Symbol.asyncDispose]();
    assert(wait < WAIT, `${wait} ms`);
  },
);

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
