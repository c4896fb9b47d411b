/**
 * An upstream that sends thousands of broken responses, with good ones among them, to several clients at once.
 *
 * The cases are random, from a seed that is the same in every run; `FUZZ_SEED` sets another one, and `FUZZ_TIMES`
 * multiplies their number.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fc, SEED, TIMES } from "../support/property.ts";
import { arbitraryBreakage, type Breakage, markOf, marksIn } from "../support/arbitrary_breakage.ts";
import { arbitraryCuts, cut } from "../support/arbitrary_response.ts";
import type { Exchange } from "../support/exchange.ts";
import { startService } from "../support/service.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, type Wire, type WireResponse } from "../support/wire.ts";
import { within } from "../support/within.ts";

const count = 2500 * TIMES;

/** How many clients send requests at once. */
const AGENTS = 12;

/** One in so many requests gets a good response. */
const GOOD_EVERY = 8;

/** What happens to one request. */
interface Plan {
  readonly breakage: Breakage;
  readonly pieces: readonly string[];
  readonly method: string;
  /** Whether the upstream waits for the service to close the connection. */
  readonly stays: boolean;
}

const plans: readonly Plan[] = fc.sample(
  fc.tuple(
    arbitraryBreakage,
    arbitraryCuts,
    fc.boolean(),
    fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD"),
  ),
  { seed: SEED, numRuns: count },
).map(([make, sizes, stays, method], serial) => {
  const breakage = make(serial);
  return {
    breakage,
    // A few pieces, so that no response takes long.
    pieces: cut(breakage.text, sizes).length <= 8 ? cut(breakage.text, sizes) : [breakage.text],
    method: breakage.inContent && method === "HEAD" ? "GET" : method,
    stays: stays && !breakage.untilEnd,
  };
});

/** A good response: its content says whose it is. */
function replyWell(exchange: Exchange, serial: number): Promise<void> {
  return exchange.respond(200, { "X-Mark": markOf(serial) }, markOf(serial).repeat(10));
}

/** The upstream's part: it responds to `/SERIAL/broken` as planned, and to `/SERIAL/good` correctly. */
async function answer(exchange: Exchange): Promise<void> {
  const [, digits = "", how] = exchange.target.split("/");
  const serial = Number(digits);
  await exchange.drain();
  if (how === "good") return await replyWell(exchange, serial);
  const { pieces, stays, breakage } = plans[serial] as Plan;
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve));
    await exchange.write(piece);
  }
  if (stays) await within(exchange.closed, `The connection's end after ${breakage.kind}`);
  exchange.close();
}

/** What a client sends. */
function textOf(method: string, path: string): string {
  const content = method === "POST" ? "content" : "";
  const length = content === "" ? "" : `Content-Length: ${content.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n${length}\r\n${content}`;
}

/** Asserts that nothing in it belongs to another request, and that it is a refusal or visibly aborted. */
function assertBroken(response: WireResponse, serial: number): "refused" | "broken off" {
  const { method, breakage, pieces, stays } = plans[serial] as Plan;
  const shown = `seed ${SEED}, ${method} ${serial}, ${breakage.kind}, ${pieces.length} pieces, ${
    stays ? "stays" : "leaves"
  }: ${JSON.stringify(response.text + response.body.text).slice(0, 500)}`;
  const marks = marksIn(response.text + response.body.text);
  if (response.status === 502) {
    assertMatch(response.field("cred-proxy-error") ?? "", /^upstream_(?:failed|reply_refused)$/, shown);
    assertEquals([marks.size, response.body.clean], [0, true], shown);
    return "refused";
  }
  assertEquals([response.status, [...marks], response.body.clean], [200, [serial], false], shown);
  return "broken off";
}

Deno.test(`${count} broken responses each end as 502 or aborted, none as another's, and good ones pass`, async () => {
  await using upstream = startUpstream(answer, { record: false });
  // A time-out would hide a hang.
  const route = {
    path: "/a/",
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
    response_timeout_s: 600,
  };
  await using service = await startService({
    routes: { routes: [route] },
    env: { A_TOKEN: TOKEN, CRED_PROXY_MAX_IN_FLIGHT: String(AGENTS) },
  });
  const outcomes = { "refused": 0, "broken off": 0, "good": 0 };
  let next = 0;

  /** Sends one request after another, over one connection for as long as it lasts. */
  async function ask(): Promise<void> {
    let wire: Wire | undefined;
    try {
      while (next < count) {
        const serial = next++;
        const { method } = plans[serial] as Plan;
        wire ??= await connectRaw(service.port);
        await wire.send(textOf(method, `/a/${serial}/broken`));
        const response = await wire.readResponse({ method });
        outcomes[assertBroken(response, serial)]++;
        if (!response.body.clean) {
          await wire.close();
          wire = undefined;
        }
        if (serial % GOOD_EVERY !== 0) continue;
        wire ??= await connectRaw(service.port);
        await wire.send(textOf("GET", `/a/${serial}/good`));
        assertGood(await wire.readResponse(), serial);
        outcomes.good++;
      }
    } finally {
      await wire?.close();
    }
  }

  await Promise.all(Array.from({ length: AGENTS }, ask));
  assert(outcomes.refused > count / 2 && outcomes["broken off"] > count / 20, JSON.stringify(outcomes));
  assertEquals(outcomes.refused + outcomes["broken off"], count);

  // Nothing is in flight, and no connection is left but those that are kept for the next request.
  await Promise.all(Array.from({ length: AGENTS }, async (_, agent) => {
    await using wire = await connectRaw(service.port);
    await wire.send(textOf("GET", `/a/${agent}/good`));
    assertGood(await wire.readResponse(), agent);
  }));
  for (let patience = 50; patience > 0 && upstream.openConnections > AGENTS; patience--) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(upstream.openConnections <= AGENTS, `${upstream.openConnections} connections are open`);
  // The failures are logged, not too often, and none is unexpected.
  const lines = service.stderr().trimEnd().split("\n").slice(1);
  assert(
    lines.length > 0 && lines.every((line) => /^cred-proxy: \S+ \S+ failed: /.test(line)),
    service.stderr(),
  );
});

function assertGood(response: WireResponse, serial: number): void {
  const own = markOf(serial);
  assertEquals(
    [response.status, response.field("x-mark"), response.body.text, response.body.clean],
    [200, own, own.repeat(10), true],
    `seed ${SEED}, a good response after ${serial}`,
  );
}
