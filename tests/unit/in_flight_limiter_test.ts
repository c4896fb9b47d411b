import { assertEquals, assertThrows } from "@std/assert";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { Refusal } from "../../lib/http/refusal.ts";

Deno.test("InFlightLimiter lets in as many as there may be, and the next when one has left", () => {
  const gate = new InFlightLimiter(2);
  gate.acquire();
  gate.acquire();
  assertEquals(assertThrows(() => gate.acquire(), Refusal).code, "overloaded");
  assertEquals(gate.inFlight, 2);
  gate.release();
  gate.acquire();
  assertEquals(gate.inFlight, 2);
  assertThrows(() => gate.acquire(), Refusal);
});

Deno.test("InFlightLimiter refuses everybody once it drains, and tells when those inside have left", async () => {
  const gate = new InFlightLimiter(2);
  gate.assertAccepting();
  gate.acquire();
  gate.acquire();
  let drained = false;
  const draining = gate.drain().then(() => drained = true);
  assertEquals(assertThrows(() => gate.assertAccepting(), Refusal).code, "draining");
  gate.release();
  await Promise.resolve();
  assertEquals([gate.inFlight, drained], [1, false]);
  gate.release();
  await draining;
  assertEquals(gate.inFlight, 0);
  assertThrows(() => gate.assertAccepting(), Refusal);
});

Deno.test("InFlightLimiter has drained at once where nobody is inside", async () => {
  const gate = new InFlightLimiter(1);
  gate.acquire();
  gate.release();
  await gate.drain();
});
