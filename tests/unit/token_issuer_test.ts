/**
 * The exchange with an issuer of tokens, over the service's own transport.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseTokenEndpoint } from "../../lib/config/route/token_endpoint.ts";
import { errorText } from "../../lib/core/error_text.ts";
import { Issuer } from "../../lib/tokens/issuer.ts";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";
import { valueOf } from "../support/result.ts";
import { type Script, startUpstream } from "../support/upstream.ts";

/** Sends one request to an issuer that behaves as the script says. @param timeoutMs The time limit. */
async function post(script: Script, timeoutMs = 600) {
  await using upstream = startUpstream(script);
  const issuer = new Issuer(valueOf(parseTokenEndpoint(`${upstream.url}/token`, "")), {
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    timeoutMs,
  });
  return await issuer.ask({ target: "/token", fields: [], body: new TextEncoder().encode("a=b") });
}

Deno.test("an issuer that does not respond, or does not finish, is given up in time", async () => {
  const never = new Promise<void>(() => {});
  const slow: readonly [name: string, script: Script][] = [
    ["no head", () => never],
    ["half a body", async (exchange) => {
      await exchange.respond(200, { "Content-Length": "100" }, "{");
      await never;
    }],
    ["a body in drops", async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      for (;;) {
        await exchange.writeChunk(" ");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }],
  ];
  await Promise.all(slow.map(async ([name, script]) => {
    const began = performance.now();
    const error = await assertRejects(() => post(script), IssuerError);
    assertEquals(error.permanent, false, name);
    const seconds = (performance.now() - began) / 1000;
    assertEquals(seconds < 3, true, `${name}: ${seconds} s`);
  }));
});

Deno.test("an issuer that can't be reached is named, with the reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const authority = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const issuer = new Issuer(valueOf(parseTokenEndpoint(`http://${authority}/token`, "")), {
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
  });
  const error = await assertRejects(() => issuer.ask({ target: "/token", fields: [] }), IssuerError);
  assertEquals([error.message, error.permanent], [`${authority} can't be reached`, false]);
  assertMatch(errorText(error), /^IssuerError: \S+ can't be reached: UpstreamUnreachable: /);
});

Deno.test("a response that is too large is not read to its end", async () => {
  let sent = 0;
  const error = await assertRejects(() =>
    post(async (exchange) => {
      await exchange.respond(200, { "Transfer-Encoding": "chunked" });
      for (; sent < 100; sent++) await exchange.writeChunk(new Uint8Array(1024 * 1024));
    }), IssuerError);
  assertEquals(error.message.endsWith("sent a response over 256 KiB"), true, error.message);
  assertEquals(sent < 100, true);
});

Deno.test("a response says when it was sent and when to ask again", async () => {
  const date = "Fri, 02 Jan 2026 03:04:05 GMT";
  const cases: [status: number, fields: Record<string, string>, limited: boolean, retryAfterMs?: number][] = [
    [200, {}, false],
    [429, { "Retry-After": "7" }, true, 7000],
    [403, { "X-RateLimit-Remaining": "0" }, true],
    [403, { "X-RateLimit-Remaining": "1" }, false],
    [403, { "Retry-After": "60" }, true, 60_000],
    [503, { "Retry-After": "Fri, 02 Jan 2026 03:04:05 GMT" }, false],
    [503, { "Retry-After": "999999" }, false, 999_999_000],
    ...["1000000", "1.5", "5s", "-1", ""].map((value) =>
      [503, { "Retry-After": value }, false] as [number, Record<string, string>, boolean]
    ),
  ];
  for (const [status, fields, rateLimited, retryAfterMs] of cases) {
    const response = await post((exchange) => exchange.respond(status, { Date: date, ...fields }, "{}"));
    assertEquals(response, {
      status,
      date: Date.UTC(2026, 0, 2, 3, 4, 5),
      retryAfterMs,
      rateLimited,
      text: "{}",
    });
  }
});

Deno.test("an issuer may take some time for its response", async () => {
  const response = await post(async (exchange) => {
    // Longer than from one check of the time limits to the next.
    await new Promise((resolve) => setTimeout(resolve, 400));
    await exchange.respond(200, {}, "{}");
  }, 10_000);
  assertEquals(response.status, 200);
});

Deno.test("an issuer's response is read as UTF-8, or else as Latin-1", async () => {
  const bodies: [bytes: number[], text: string][] = [
    [[0x7b, 0xc3, 0xa9, 0x7d], "{\u00e9}"],
    [[0x7b, 0xe9, 0x7d], "{\u00e9}"],
  ];
  for (const [bytes, text] of bodies) {
    const response = await post((exchange) => exchange.respond(200, {}, Uint8Array.from(bytes)));
    assertEquals(response.text, text);
  }
});

Deno.test("an exchange that has ended keeps no timer for its time limit", async () => {
  const { setTimeout, clearTimeout } = globalThis;
  const limit = 4_321;
  const running = new Set<unknown>();
  Object.assign(globalThis, {
    setTimeout(run: () => void, ms?: number) {
      const id = setTimeout(run, ms);
      if (ms === limit) running.add(id);
      return id;
    },
    clearTimeout(id: number) {
      running.delete(id);
      clearTimeout(id);
    },
  });
  try {
    let most = 0;
    await post(async (exchange) => {
      await exchange.respond(200, { "Content-Length": "2" });
      while (running.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      most = running.size;
      await exchange.write("{}");
    }, limit);
    assertEquals([most, running.size], [1, 0]);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
});
