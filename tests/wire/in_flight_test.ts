/**
 * The limit of requests in flight: requests beyond it are refused at once, and those within it are unaffected.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Exchange } from "../support/exchange.ts";
import { beginHttp2Posts } from "../support/http2_frames.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { startService } from "../support/service.ts";
import { shortestTime } from "../support/shortest_time.ts";
import { connectRaw, request, type Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const LIMIT = 3;
const fixture = useFixture({ env: { CRED_PROXY_MAX_IN_FLIGHT: String(LIMIT) } });

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** Requests that the upstream responds to on demand. */
interface Held {
  readonly wires: readonly Wire[];
  /** Makes the upstream respond to all of them. */
  release(): void;
}

/** Sends `count` requests, each held by the upstream. */
async function fill(count: number): Promise<Held> {
  const gate = Promise.withResolvers<void>();
  const full = Promise.withResolvers<void>();
  let come = 0;
  fixture.setScript(async (exchange) => {
    if (++come === count) full.resolve();
    await gate.promise;
    await exchange.respond(200, [], `to ${exchange.target}`);
  });
  const wires = await Promise.all(Array.from({ length: count }, () => connectRaw(fixture.service.port)));
  for (const [at, wire] of wires.entries()) await wire.send(get(`/a/${at}`));
  await within(full.promise, `${count} requests at the upstream`);
  return { wires, release: gate.resolve };
}

/** Sends a request that must get 503 at once. */
async function assertOverloaded(text = get("/a/beyond")): Promise<void> {
  const taken = await shortestTime(async () => {
    const response = await request(fixture.service.port, text);
    assertEquals([response.status, response.field("cred-proxy-error")], [503, "overloaded"]);
    assertEquals(response.field("retry-after"), "1");
    assertEquals(JSON.parse(response.body.text).error.message, "Too many requests in flight; retry later");
  }, 500);
  assert(taken < 500, "It was kept waiting");
}

/** Checks that all slots are free: as many requests as the limit are served at once, and no more. */
async function assertAllFree(): Promise<void> {
  const held = await fill(LIMIT);
  await assertOverloaded();
  held.release();
  for (const [at, wire] of held.wires.entries()) {
    assertEquals((await wire.readResponse()).body.text, `to /${at}`);
    await wire.close();
  }
}

Deno.test("requests beyond the limit get 503 at once, and those in flight are unaffected", async () => {
  const held = await fill(LIMIT);
  const before = fixture.upstream.requests.length;
  for (let count = 0; count < 50; count++) await assertOverloaded();
  await assertOverloaded("POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  await assertOverloaded(
    "POST /a/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  );
  // None of them reached the upstream.
  assertEquals(fixture.upstream.requests.length, before);
  // Requests that need no upstream are served as before.
  assertEquals((await request(fixture.service.port, get("/nowhere"))).status, 404);
  held.release();
  for (const [at, wire] of held.wires.entries()) {
    const response = await wire.readResponse();
    assertEquals([response.status, response.body.text, response.body.clean], [200, `to /${at}`, true]);
    await wire.close();
  }
  await assertAllFree();
});

Deno.test("a request is in flight until the last byte of its response has arrived", async () => {
  const end = Promise.withResolvers<void>();
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("first\n");
    await end.promise;
    await exchange.writeChunk("last\n");
    await exchange.writeChunk();
  });
  const wires = await Promise.all(Array.from({ length: LIMIT }, () => connectRaw(fixture.service.port)));
  for (const wire of wires) await wire.send(get("/a/x"));
  for (const wire of wires) await wire.readUntil("first");
  await assertOverloaded();
  end.resolve();
  for (const wire of wires) {
    await wire.readUntil("last\n\r\n0\r\n\r\n");
    await wire.close();
  }
  await assertAllFree();
});

Deno.test("a slot is released however a request ends", async (test) => {
  const ends: Record<string, (exchange: Exchange) => Promise<void> | void> = {
    "whole": (exchange) => exchange.respond(200, [], "ok"),
    "without content": (exchange) => exchange.respond(204),
    "with an error of the upstream's": (exchange) => exchange.respond(500, [], "no"),
    "with a malformed response": (exchange) => exchange.write("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
    "with a status that can't be handed on": (exchange) => exchange.respond(999, [], "odd"),
    "with a reply that breaks off within the head": async (exchange) => {
      await exchange.write("HTTP/1.1 200 OK\r\n");
      exchange.close();
    },
    "with a reply that breaks off within the content": async (exchange) => {
      await exchange.respond(200, { "Content-Length": "100" }, "half");
      exchange.close();
    },
    "with a malformed chunk": async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      await exchange.write("5\r\nhello\r\nx\r\n");
    },
    "with a connection that is closed": (exchange) => exchange.close(),
  };
  for (const [how, script] of Object.entries(ends)) {
    await test.step(how, async () => {
      for (let count = 0; count < 2 * LIMIT; count++) {
        await fixture.ask("POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", script);
      }
      await assertAllFree();
    });
  }
  await test.step("refused for its own sake", async () => {
    for (const path of ["/nowhere", "/a/../x", "/a/#"]) {
      for (let count = 0; count < LIMIT; count++) await request(fixture.service.port, get(path));
    }
    await assertAllFree();
  });
  for (const text of [get("/a/x"), "POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello"]) {
    await test.step(`left by its client: ${text.split(" ", 1)}`, async () => {
      fixture.setScript((exchange) => exchange.closed);
      for (let count = 0; count < LIMIT; count++) {
        const wire = await connectRaw(fixture.service.port);
        await wire.send(text);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await wire.close();
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await assertAllFree();
    });
  }
});

Deno.test("an HTTP/2 request without a length or an end is in flight, and the first to go when the service shuts down", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({
    routes: { routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_MAX_IN_FLIGHT: "3", CRED_PROXY_DRAIN_S: "30" },
  });
  {
    await using two = await beginHttp2Posts(service.port, { path: "/a/x", count: 2 });
    assertEquals(await statusSoon(service.port), 200);
    await using one = await beginHttp2Posts(service.port, { path: "/a/x", count: 1 });
    assertEquals(await statusSoon(service.port), 503);
    await two.close();
    assertEquals(await statusSoon(service.port), 200);
    await one.close();
  }
  await using _three = await beginHttp2Posts(service.port, { path: "/a/x", count: 3 });
  assertEquals(await statusSoon(service.port), 503);
  const begun = performance.now();
  assertEquals(await service.stop(), 0);
  assert(performance.now() - begun < 5000, "It waited for requests that never end");
});

/** Asks after a moment in which what was sent before has arrived. */
async function statusSoon(port: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await request(port, get("/a/x"))).status;
}

Deno.test("the limit applies to the whole service and defaults to 1024", async () => {
  const gate = Promise.withResolvers<void>();
  const full = Promise.withResolvers<void>();
  let come = 0;
  await using upstream = startUpstream(async (exchange) => {
    if (++come === 1024) full.resolve();
    await gate.promise;
    await exchange.respond(200, [], exchange.target);
  });
  const routes = ["/a/", "/b/"].map((path) => ({
    path,
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  }));
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  const wires: Wire[] = [];
  try {
    for (let count = 0; count < 1024; count++) {
      const wire = await connectRaw(service.port, { timeoutMs: 15_000 });
      wires.push(wire);
      await wire.send(get(`/${count % 2 === 0 ? "a" : "b"}/${count}`));
    }
    await within(full.promise, "1024 requests at the upstream", 15_000);
    for (const path of ["/a/x", "/b/x"]) {
      assertEquals((await request(service.port, get(path))).field("cred-proxy-error"), "overloaded");
    }
    gate.resolve();
    for (const [count, wire] of wires.entries()) {
      assertEquals((await wire.readResponse()).body.text, `/${count}`);
    }
  } finally {
    gate.resolve();
    for (const wire of wires) await wire.close();
  }
});
