import { assertEquals } from "@std/assert";
import { Deadline, Deadlines } from "../../lib/upstream/deadlines.ts";

/** Longer than two checks take, after which the shortest deadline ends. */
const TWO_CHECKS_MS = 900;

Deno.test("Deadlines aborts each that is left, once, in whatever order the others are deleted", async () => {
  const deadlines = new Deadlines();
  const aborted: number[] = [];
  const all = Array.from({ length: 50 }, (_, at) => {
    const deadline = new Deadline(1, () => false, () => {
      aborted.push(at);
      // As an exchange does that is aborted.
      deadlines.delete(deadline);
    });
    deadlines.add(deadline);
    return deadline;
  });
  const deleted = [49, 0, 25, 1, 48, 24, 26, 7, 7];
  for (const at of deleted) deadlines.delete(all[at]!);
  await new Promise((resolve) => setTimeout(resolve, TWO_CHECKS_MS));
  const left = all.map((_, at) => at).filter((at) => !deleted.includes(at));
  assertEquals(aborted.toSorted((one, other) => one - other), left);
  assertEquals(all.map(({ ended }) => ended === "timeout"), all.map((_, at) => !deleted.includes(at)));
});

Deno.test("a deadline ends after its time, to the check, and after progress has the whole time again", () => {
  let aborted = 0;
  const deadline = new Deadline(500, () => false, () => aborted++);
  const ticks = (count: number) => Array.from({ length: count }, () => deadline.tick());
  // The first check may come at once.
  assertEquals(ticks(2), [false, false]);
  deadline.refresh();
  assertEquals(ticks(2), [false, false]);
  assertEquals([aborted, deadline.ended], [0, undefined]);
  assertEquals(ticks(1), [true]);
  assertEquals([aborted, deadline.ended], [1, "timeout"]);
  assertEquals(new Deadline(501, () => false, () => {}).tick(), false);
});

Deno.test("Deadlines aborts at the next check where the client has disconnected, and keeps the others", async () => {
  const deadlines = new Deadlines();
  const gone = new Deadline(60_000, () => true, () => {});
  const kept = new Deadline(60_000, () => false, () => {});
  deadlines.add(gone);
  deadlines.add(kept);
  await new Promise((resolve) => setTimeout(resolve, TWO_CHECKS_MS));
  assertEquals([gone.ended, kept.ended], ["disconnected", undefined]);
  // Else the timer would outlive the test.
  deadlines.delete(kept);
  await new Promise((resolve) => setTimeout(resolve, TWO_CHECKS_MS));
});

Deno.test("a deadline lasts as many checks as its time has, and one more", () => {
  for (const [timeout, checks] of [[1, 2], [250, 2], [251, 3], [500, 3], [501, 4], [60_000, 241]] as const) {
    let aborted = 0;
    const deadline = new Deadline(timeout, () => false, () => aborted++);
    let count = 1;
    while (!deadline.tick()) count++;
    assertEquals([timeout, count, aborted], [timeout, checks, 1]);
  }
});

Deno.test("Deadlines has one timer while there is something to check, four times a second", () => {
  const { setInterval, clearInterval } = globalThis;
  const running = new Map<number, { readonly run: () => void; readonly ms: number }>();
  let started = 0;
  Object.assign(globalThis, {
    setInterval(run: () => void, ms: number) {
      running.set(++started, { run, ms });
      return started;
    },
    clearInterval: (timer: number) => running.delete(timer),
  });
  try {
    const deadlines = new Deadlines();
    const tick = () => running.get(started)?.run();
    const aborted: string[] = [];
    const deadline = (name: string, timeout: number, abort = () => {}) => {
      const made = new Deadline(timeout, () => false, () => {
        aborted.push(name);
        abort();
      });
      deadlines.add(made);
      return made;
    };
    for (let round = 1; round <= 2; round++) {
      deadline("short", 1);
      const long = deadline("long", 500);
      assertEquals([started, [...running.values()].map(({ ms }) => ms)], [round, [250]]);
      tick();
      assertEquals(aborted.splice(0), []);
      tick();
      assertEquals([aborted.splice(0), running.size], [["short"], 1]);
      deadlines.delete(long);
      tick();
      assertEquals([aborted, running.size], [[], 0]);
    }
    // Each of them ends the other: only one is aborted.
    const pair = [0, 1].map((at): Deadline => deadline(`${at}`, 1, () => deadlines.delete(pair[1 - at]!)));
    tick();
    tick();
    assertEquals([aborted.length, running.size], [1, 0]);
    assertEquals(pair.filter(({ ended }) => ended !== undefined).length, 1);
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
});
