import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";

Deno.test("BufferBudget refuses what exceeds the limit, until something is given back", () => {
  const budget = new BufferBudget(100);
  const [one, other] = [budget.reserve(), budget.reserve()];
  one.grow(60);
  other.grow(40);
  assertEquals(assertThrows(() => other.grow(1), Refusal).code, "overloaded");
  one.free();
  // What was freed takes nothing any more.
  one.grow(10);
  other.grow(60);
  assertEquals(budget.used, 100);
  other.free();
  other.free();
  assertEquals(budget.used, 0);
});

Deno.test("BufferBudget counts what is reserved apart from what else is in use", () => {
  const budget = new BufferBudget(100);
  const reservation = budget.reserve();
  budget.take(30);
  reservation.grow(60);
  assertEquals([budget.used, budget.reserved], [90, 60]);
  reservation.free();
  assertEquals([budget.used, budget.reserved], [30, 0]);
});

Deno.test("BufferBudget gives each stream a smaller share, the more there are and the more is used", () => {
  let streams = 0;
  const budget = new BufferBudget(1000, () => streams);
  const share = () => budget.share({ min: 10, max: 200 });
  assertEquals(share(), 200);
  streams = 5;
  assertEquals(share(), 100);
  budget.take(500);
  assertEquals(share(), 50);
  streams = 7;
  assertEquals(share(), 35);
  streams = 1000;
  assertEquals(share(), 10);
});

Deno.test("BufferBudget gives one stream half of what is left, in whole bytes, where it knows of no other", () => {
  const limits = { min: 10, max: 2000 };
  for (const streams of [0, 1]) assertEquals(new BufferBudget(1000, () => streams).share(limits), 500);
  const budget = new BufferBudget(1000);
  assertEquals(budget.share(limits), 500);
  budget.take(1);
  assertEquals(budget.share(limits), 499);
  budget.take(999);
  assertEquals(budget.share(limits), 10);
  budget.free(1000);
  assertEquals([budget.used, budget.share(limits)], [0, 500]);
});

Deno.test("BufferBudget names the setting to raise, and takes nothing when it refuses", () => {
  const budget = new BufferBudget(100);
  const reservation = budget.reserve();
  reservation.grow(99);
  const error = assertThrows(() => reservation.grow(2), Refusal);
  assertEquals([error.subject, String(error.cause)], ["", "Error: no room in CRED_PROXY_BUFFER_MB"]);
  assertEquals([budget.used, budget.reserved], [99, 99]);
  reservation.free();
  assertEquals([budget.used, budget.reserved], [0, 0]);
});
