import { assertEquals, assertThrows } from "@std/assert";
import { Gate } from "../../lib/proxy/in_flight_limiter.ts";
import { Refusal } from "../../lib/http/refusal.ts";

Deno.test("Gate lets in as many as there may be, and the next when one has left", () => {
  const gate = new Gate(2);
  gate.enter();
  gate.enter();
  assertEquals(assertThrows(() => gate.enter(), Refusal).code, "overloaded");
  assertEquals(gate.inFlight, 2);
  gate.leave();
  gate.enter();
  assertEquals(gate.inFlight, 2);
  assertThrows(() => gate.enter(), Refusal);
});

Deno.test("Gate refuses everybody once it drains, and tells when those inside have left", async () => {
  const gate = new Gate(2);
  gate.judge();
  gate.enter();
  gate.enter();
  let drained = false;
  const draining = gate.drain().then(() => drained = true);
  assertEquals(assertThrows(() => gate.judge(), Refusal).code, "draining");
  gate.leave();
  await Promise.resolve();
  assertEquals([gate.inFlight, drained], [1, false]);
  gate.leave();
  await draining;
  assertEquals(gate.inFlight, 0);
  assertThrows(() => gate.judge(), Refusal);
});

Deno.test("Gate has drained at once where nobody is inside", async () => {
  const gate = new Gate(1);
  gate.enter();
  gate.leave();
  await gate.drain();
});
