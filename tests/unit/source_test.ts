import { assertEquals, assertRejects } from "@std/assert";
import { readEarly, readFirst, type Source } from "../../lib/upstream/source.ts";
import { latin1 } from "../support/bytes.ts";
import { within } from "../support/within.ts";

Deno.test("readEarly() reads 64 KiB at most before the moment, and leaves the rest where it is", async () => {
  let reads = 0;
  const source: Source = {
    done: false,
    // It ends nowhere, but waits after a while, so that a reader without a limit does too.
    next: () => ++reads > 100 ? new Promise(() => {}) : Promise.resolve(new Uint8Array(1024).fill(reads)),
    cancel() {},
  };
  const moment = Promise.withResolvers<void>();
  const early = readEarly(source, moment.promise);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(reads, 64);
  moment.resolve();
  const { first, rest } = await within(early, "The moment");
  assertEquals([first.length, first[0], first.at(-1)], [64 * 1024, 1, 64]);
  assertEquals([(await rest.next())?.[0], reads], [65, 65]);
});

/** A source of pieces that then fails. */
function failing(...pieces: readonly string[]) {
  const left = [...pieces];
  const source = {
    done: false,
    cancelled: false,
    next() {
      const piece = left.shift();
      return piece === undefined ? Promise.reject(new Error("It broke")) : Promise.resolve(latin1(piece));
    },
    cancel: () => void (source.cancelled = true),
  };
  return source;
}

Deno.test("readEarly() and readFirst() fail with a source that fails, and cancel it", async () => {
  const early = failing("a", "b");
  await assertRejects(() => readEarly(early, new Promise(() => {})), Error, "It broke");
  const first = failing();
  await assertRejects(() => readFirst(first, 10_000), Error, "It broke");
  assertEquals([early.cancelled, first.cancelled], [true, true]);
});

Deno.test("readEarly() fails with the moment, and cancels the source", async () => {
  let cancelled = false;
  const source: Source = {
    done: false,
    next: () => new Promise(() => {}),
    cancel: () => void (cancelled = true),
  };
  await assertRejects(() => readEarly(source, Promise.reject(new Error("It is over"))), Error, "It is over");
  assertEquals(cancelled, true);
});

Deno.test("readEarly() lets nobody's failure go unhandled, even where the moment fails late", async () => {
  const moment = Promise.withResolvers<void>();
  await assertRejects(() => readEarly(failing(), moment.promise), Error, "It broke");
  const ended: Source = { done: true, next: () => Promise.resolve(undefined), cancel() {} };
  assertEquals((await readEarly(ended, moment.promise)).first.length, 0);
  moment.reject(new Error("It is over"));
  // An unhandled rejection would fail this test.
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("readFirst() leaves every byte where it is, whether it waited for the first one long enough or not", async () => {
  for (const late of [false, true]) {
    const arrival = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    let reads = 0;
    const source: Source = {
      done: false,
      next: () => ++reads === 1 ? arrival.promise : Promise.resolve(latin1("b")),
      cancel() {},
    };
    if (!late) arrival.resolve(latin1("a"));
    const all = await within(readFirst(source, late ? 1 : 10_000), "A source");
    arrival.resolve(latin1("a"));
    assertEquals([reads, await all.next(), await all.next()], [1, latin1("a"), latin1("b")]);
  }
});
