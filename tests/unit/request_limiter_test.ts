import { assertEquals } from "@std/assert";
import { RequestLimiter, RequestLimiters } from "../../lib/clients/request_limiter.ts";
import type { Refusal } from "../../lib/http/refusal.ts";
import { fc, runs } from "../support/property.ts";

/** Returns the seconds to wait for one more request, and counts it if that is none. */
function ask(limiter: RequestLimiter, now: number): number {
  try {
    limiter.assertWithin(now);
  } catch (error) {
    const { code, retryAfterS } = error as Refusal;
    assertEquals(code, "rate_limited");
    return retryAfterS ?? NaN;
  }
  limiter.acquire(now);
  return 0;
}

function limiterOf(
  requestsPerMinute: number | undefined,
  maxInFlight?: number,
): RequestLimiter {
  return new RequestLimiter("client", { requestsPerMinute, maxInFlight });
}

Deno.test("a limiter lets one minute's worth pass at once, then one per share of a minute", () => {
  const limiter = limiterOf(6);
  assertEquals([1, 2, 3, 4, 5, 6, 7].map(() => ask(limiter, 1000)), [
    0,
    0,
    0,
    0,
    0,
    0,
    10,
  ]);
  assertEquals([
    ask(limiter, 10_000),
    ask(limiter, 11_000),
    ask(limiter, 11_000),
  ], [1, 0, 10]);
  // After a pause of any length, one minute's worth again.
  assertEquals(Array.from({ length: 7 }, () => ask(limiter, 10_000_000)), [
    0,
    0,
    0,
    0,
    0,
    0,
    10,
  ]);
});

Deno.test("a limiter never lets more pass than the rate and one burst, whatever the times", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 600 }),
    fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 400 }),
    (rate, steps) => {
      const limiter = limiterOf(rate);
      let [now, passed] = [0, 0];
      for (const step of steps) {
        now += step;
        if (ask(limiter, now) === 0) passed++;
      }
      assertEquals(passed <= rate + Math.floor(now * rate / 60_000) + 1, true);
    },
  ));
});

Deno.test("a request that comes after Retry-After passes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      (rate, now) => {
        const limiter = limiterOf(rate);
        for (let count = 0; count < rate; count++) ask(limiter, now);
        const wait = ask(limiter, now);
        assertEquals([wait > 0, ask(limiter, now + wait * 1000)], [true, 0]);
      },
    ),
    runs(50),
  );
});

Deno.test("a limiter counts requests in flight", () => {
  const limiter = limiterOf(undefined, 2);
  assertEquals([ask(limiter, 0), ask(limiter, 0), ask(limiter, 0)], [0, 0, 1]);
  limiter.release();
  assertEquals([ask(limiter, 0), ask(limiter, 0), limiter.inFlight], [0, 1, 2]);
});

Deno.test("limiters outlive a table, with its new limits, unless they are not used any more", () => {
  const limiters = new RequestLimiters();
  const limits = { requestsPerMinute: 1, maxInFlight: undefined };
  const first = limiters.replace().of("client", "a", limits);
  assertEquals([ask(first, 0), ask(first, 0)], [0, 60]);
  const second = limiters.replace().of("client", "a", {
    ...limits,
    requestsPerMinute: 60,
  });
  assertEquals([second === first, ask(second, 0), ask(second, 1000)], [
    true,
    1,
    0,
  ]);
  limiters.replace().of("route", "a", limits);
  assertEquals(limiters.replace().of("client", "a", limits) === first, false);
});
