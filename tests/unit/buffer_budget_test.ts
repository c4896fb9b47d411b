import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { BufferBudget, type Reservation } from "../../lib/upstream/buffer_budget.ts";
import { within } from "../support/within.ts";

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
  assertEquals([error.subject, String(error.cause)], [
    "Too much content at once",
    "Error: no room in CRED_PROXY_BUFFER_MB",
  ]);
  assertEquals([budget.used, budget.reserved], [99, 99]);
  reservation.free();
  assertEquals([budget.used, budget.reserved], [0, 0]);
});

/** How long a test's streams wait for room, in milliseconds. */
const PATIENCE = 20;

const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("Reservation waits for room in turn, but one that fits does not wait for one that needs more", async () => {
  const budget = new BufferBudget(100);
  const [first, large, other, small] = [
    budget.reserve(),
    budget.reserve(),
    budget.reserve(),
    budget.reserve(),
  ];
  await first.growInTurn(80);
  assertEquals(first.turn, undefined);
  const come: string[] = [];
  const waits = [
    large.growInTurn(60).then(() => come.push("large")),
    other.growInTurn(60).then(() => come.push("other")),
    small.growInTurn(20).then(() => come.push("small")),
  ];
  await settled();
  assertEquals([come, budget.used, large.turn instanceof Promise], [["small"], 100, true]);
  first.free();
  await settled();
  assertEquals([come, budget.used, budget.reserved, large.turn], [["small", "large"], 80, 80, undefined]);
  large.free();
  await Promise.all(waits);
  assertEquals(come, ["small", "large", "other"]);
  other.free();
  small.free();
  assertEquals([budget.used, budget.reserved], [0, 0]);
});

Deno.test("Reservation is admitted when anything of the budget is given back, not only what was reserved", async () => {
  const budget = new BufferBudget(100);
  budget.take(100);
  const reservation = budget.reserve();
  const waiting = reservation.growInTurn(50);
  budget.free(49);
  await settled();
  assertEquals(budget.reserved, 0);
  budget.free(1);
  await waiting;
  assertEquals([budget.used, budget.reserved], [100, 50]);
});

Deno.test("Reservation is refused when there is no room in time", async () => {
  const budget = new BufferBudget(100, () => 1, PATIENCE);
  budget.take(50);
  const large = budget.reserve();
  const waiting = large.growInTurn(80);
  const error = await assertRejects(() => waiting, Refusal);
  assertEquals([error.code, String(error.cause)], [
    "overloaded",
    "Error: no room in CRED_PROXY_BUFFER_MB",
  ]);
  assertEquals([budget.used, budget.reserved], [50, 0]);
  budget.free(50);
  large.free();
  assertEquals([budget.used, budget.reserved], [0, 0]);
});

Deno.test("Reservation that can never have room, or that holds something already, is refused without a wait", async () => {
  const budget = new BufferBudget(100);
  const [one, other] = [budget.reserve(), budget.reserve()];
  const failing = (reservation: Reservation, bytes: number) =>
    assertRejects(() => within(reservation.growInTurn(bytes), "The refusal", 1_000), Refusal);
  assertEquals((await failing(one, 101)).code, "overloaded");
  await one.growInTurn(50);
  await other.growInTurn(50);
  // Each would wait for what the other one holds.
  await failing(one, 1);
  await failing(other, 1);
  other.free();
  await one.growInTurn(50);
  assertEquals(budget.used, 100);
});

Deno.test("Reservation whose wait is given up, or that is freed meanwhile, takes nothing and is in nobody's way", async () => {
  for (const leave of ["giveUp", "free"] as const) {
    const budget = new BufferBudget(100);
    budget.take(50);
    const large = budget.reserve();
    const waiting = large.growInTurn(80);
    large[leave]();
    await assertRejects(() => waiting, Error, "given up");
    large[leave]();
    budget.free(50);
    await settled();
    assertEquals([budget.used, budget.reserved], [0, 0], leave);
  }
  const given = new BufferBudget(100).reserve();
  given.giveUp();
  await assertRejects(() => given.growInTurn(1), Error, "given up");
  // In the moment in which its turn has come.
  const budget = new BufferBudget(100);
  budget.take(50);
  const reservation = budget.reserve();
  const waiting = reservation.growInTurn(80);
  budget.free(50);
  reservation.free();
  await waiting;
  assertEquals([budget.used, budget.reserved], [0, 0]);
});
