/**
 * Shutting down: requests in flight may complete.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Service, startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { connectRaw, type Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const GET = "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n";

/** A stream of three events that continues on request. */
function startStream(): Upstream & { goOn(): void } {
  const told = Promise.withResolvers<void>();
  const upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("one\n");
    await Promise.race([told.promise, exchange.closed]);
    await exchange.writeChunk("two\n");
    await exchange.writeChunk("three");
    await exchange.writeChunk();
  });
  return Object.assign(upstream, { goOn: told.resolve });
}

function startFor(upstream: Upstream, env: Record<string, string> = {}): Promise<Service> {
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  return startService({ routes: { routes }, env: { A_TOKEN: TOKEN, CRED_PROXY_DRAIN_S: "10", ...env } });
}

/** Starts a client and reads up to the middle of the stream. */
async function inStream(service: Service): Promise<Wire> {
  const wire = await connectRaw(service.port);
  await wire.send(GET);
  await wire.readUntil("one\n\r\n");
  return wire;
}

async function exitOf(service: Service): Promise<number> {
  return (await within(service.status, "The service's end")).code;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} lets a stream complete, accepts nothing new, and exits with 0`, async () => {
    await using upstream = startStream();
    await using service = await startFor(upstream);
    await using idle = await connectRaw(service.port);
    await idle.send("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
    await idle.readResponse();
    await using wire = await inStream(service);
    service.kill(signal);
    await service.logged(/^cred-proxy: shutting down: .+$/m);
    await using late = await connectRaw(service.port);
    for (const each of [idle, late]) {
      await each.send(GET);
      const response = await each.readResponse();
      assertEquals([response.status, response.field("cred-proxy-error")], [503, "draining"]);
    }
    assertEquals(upstream.requests.length, 1);
    upstream.goOn();
    const rest = await wire.readUntil("0\r\n\r\n");
    assertEquals(rest.match(/[a-z]+/g)?.join(""), "twothree");
    assertEquals(await exitOf(service), 0);
    assertEquals(service.stderr().split("\n").length, 3, service.stderr());
  });
}

Deno.test("a service without requests exits at once on SIGTERM", async () => {
  await using upstream = startStream();
  await using service = await startFor(upstream);
  await using _idle = await connectRaw(service.port);
  const start = performance.now();
  service.kill("SIGTERM");
  assertEquals(await exitOf(service), 0);
  assert(performance.now() - start < 2000);
});

Deno.test("a second signal ends the service at once, and the client sees its stream aborted", async () => {
  await using upstream = startStream();
  await using service = await startFor(upstream);
  await using wire = await inStream(service);
  service.kill("SIGTERM");
  await service.logged(/^cred-proxy: shutting down/m);
  // `deno task` passes a terminal's signal on to a process that has received it already, so one that follows at once is the same.
  service.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 700));
  await using late = await connectRaw(service.port);
  await late.send(GET);
  assertEquals((await late.readResponse()).status, 503);
  const start = performance.now();
  service.kill("SIGINT");
  assertEquals(await exitOf(service), 0);
  assert(performance.now() - start < 2000);
  assert(!(await wire.readToEnd()).text.includes("0\r\n\r\n"));
});

Deno.test("a stream that outlasts CRED_PROXY_DRAIN_S is aborted, and both the client and the upstream see it", async () => {
  await using upstream = startStream();
  await using service = await startFor(upstream, { CRED_PROXY_DRAIN_S: "0.4" });
  await using wire = await inStream(service);
  const start = performance.now();
  service.kill("SIGTERM");
  assert(!(await wire.readToEnd()).text.includes("0\r\n\r\n"));
  assertEquals(await exitOf(service), 0);
  const taken = performance.now() - start;
  assert(taken >= 400 && taken < 3000, `${taken} ms`);
  await within(upstream.requests[0]?.closed ?? Promise.reject(), "The end of the upstream's connection");
});

Deno.test("a slow reader gets all of a response that was under way at SIGTERM", async () => {
  const bytes = new Uint8Array(16_000_000).fill(0x78);
  await using upstream = startUpstream((exchange) => exchange.respond(200, {}, bytes));
  await using service = await startFor(upstream);
  await using wire = await connectRaw(service.port);
  await wire.send(GET);
  await wire.readHead();
  service.kill("SIGTERM");
  await service.logged(/^cred-proxy: shutting down/m);
  await new Promise((resolve) => setTimeout(resolve, 200));
  let length = 0;
  while (length < bytes.length) length += (await wire.readBytes(1_000_000)).length;
  assertEquals(await exitOf(service), 0);
});

Deno.test("an upload that is under way at SIGTERM arrives complete", async () => {
  await using upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, [], await exchange.bodyBytes());
  });
  await using service = await startFor(upstream);
  await using wire = await connectRaw(service.port);
  await wire.send("POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello");
  await within(arrival(upstream), "The request at the upstream");
  service.kill("SIGTERM");
  await service.logged(/^cred-proxy: shutting down/m);
  await wire.send("world");
  assertEquals((await wire.readResponse()).body.text, "helloworld");
  assertEquals(await exitOf(service), 0);
});

/** Waits for the first request. */
async function arrival(upstream: Upstream): Promise<void> {
  while (upstream.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
