import { assertEquals, assertThrows } from "@std/assert";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { Refusal } from "../../lib/http/refusal.ts";

Deno.test("InFlightLimiter admits requests up to its limit, and the next once one has finished", () => {
  const limiter = new InFlightLimiter(2);
  limiter.acquire();
  limiter.acquire();
  assertEquals(assertThrows(() => limiter.acquire(), Refusal).code, "overloaded");
  assertEquals(limiter.inFlight, 2);
  limiter.release();
  limiter.acquire();
  assertEquals(limiter.inFlight, 2);
  assertThrows(() => limiter.acquire(), Refusal);
});

Deno.test("InFlightLimiter refuses all requests once it drains, and resolves when those in flight have finished", async () => {
  const limiter = new InFlightLimiter(2);
  limiter.assertAccepting();
  limiter.acquire();
  limiter.acquire();
  let drained = false;
  const draining = limiter.drain().then(() => drained = true);
  assertEquals(assertThrows(() => limiter.assertAccepting(), Refusal).code, "draining");
  limiter.release();
  await Promise.resolve();
  assertEquals([limiter.inFlight, drained], [1, false]);
  limiter.release();
  await draining;
  assertEquals(limiter.inFlight, 0);
  assertThrows(() => limiter.assertAccepting(), Refusal);
});

Deno.test("InFlightLimiter drains at once where nothing is in flight", async () => {
  const limiter = new InFlightLimiter(1);
  limiter.acquire();
  limiter.release();
  await limiter.drain();
});
