import { assertEquals, assertRejects } from "@std/assert";
import { readEarly, readFirst, Resumed, type Source } from "../../lib/upstream/source.ts";
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
  let ended = false;
  early.then(() => ended = true);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([reads, ended], [64, false]);
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

/** A source of pieces that then ends, with how often it was cancelled. */
function ending(...pieces: readonly string[]) {
  const left = [...pieces];
  return {
    get done() {
      return left.length === 0;
    },
    cancels: 0,
    next: () => Promise.resolve(left.length > 0 ? latin1(left.shift()!) : undefined),
    cancel(): void {
      this.cancels++;
    },
  };
}

Deno.test("Resumed puts what was read ahead in front of the rest", async () => {
  const rest = ending("b");
  const resumed = new Resumed(latin1("a"), rest);
  assertEquals([resumed.done, await resumed.next()], [false, latin1("a")]);
  assertEquals([resumed.done, await resumed.next()], [false, latin1("b")]);
  assertEquals([resumed.done, await resumed.next()], [true, undefined]);
  resumed.cancel();
  assertEquals(rest.cancels, 1);
  // The rest has ended already.
  const last = new Resumed(latin1("a"), ending());
  assertEquals([last.done, await last.next(), last.done], [false, latin1("a"), true]);
  // Nothing was read ahead.
  const all = new Resumed(undefined, ending("a"));
  assertEquals([all.done, await all.next(), all.done], [false, latin1("a"), true]);
});

Deno.test("readEarly() returns a source that ends before the moment at once, and all of it", async () => {
  const source = ending("a", "b");
  const { first, rest } = await within(readEarly(source, new Promise(() => {})), "The end");
  assertEquals([first, rest.done, source.cancels], [latin1("ab"), true, 0]);
  // A source may know that it has ended only when it is read.
  const late = { ...ending(), done: false };
  const early = readEarly(late, new Promise(() => {}));
  late.done = true;
  assertEquals((await within(early, "The end")).first.length, 0);
});

Deno.test("readEarly() leaves the piece that is pending at the moment to the rest", async () => {
  const arrival = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
  let [reads, cancels] = [0, 0];
  const source: Source = {
    get done() {
      return reads > 1;
    },
    next: () => ++reads === 1 ? Promise.resolve(latin1("a")) : arrival.promise,
    cancel: () => void cancels++,
  };
  const { first, rest } = await readEarly(source, new Promise((resolve) => setTimeout(resolve)));
  assertEquals([first, rest.done, reads], [latin1("a"), false, 2]);
  const next = rest.next();
  assertEquals([rest.done, reads], [true, 2]);
  arrival.resolve(latin1("b"));
  assertEquals(await next, latin1("b"));
  rest.cancel();
  assertEquals(cancels, 1);
});

Deno.test("a source that is cancelled while a read is pending lets its failure go to nobody", async () => {
  const arrival = Promise.withResolvers<undefined>();
  const source = { ...ending("a"), next: () => arrival.promise };
  const all = await readFirst(source, 1);
  all.cancel();
  arrival.reject(new Error("It broke"));
  // An unhandled rejection would fail this test.
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([source.cancels, all.done], [1, false]);
});

Deno.test("readFirst() stops its clock once something has come", async () => {
  const { setTimeout, clearTimeout } = globalThis;
  const running = new Map<number, number>();
  Object.assign(globalThis, {
    setTimeout: (_run: () => void, ms: number) => running.set(1, ms).size,
    clearTimeout: (timer: number) => running.delete(timer),
  });
  try {
    const reading = readFirst(ending("a"), 1234);
    assertEquals([...running.values()], [1234]);
    await reading;
    assertEquals(running.size, 0);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
});

Deno.test("readEarly() lets the failure of a read go to nobody that comes after the moment has failed", async () => {
  const arrival = Promise.withResolvers<undefined>();
  const source = { ...ending("a"), next: () => arrival.promise };
  await assertRejects(() => readEarly(source, Promise.reject(new Error("It is over"))), Error, "It is over");
  arrival.reject(new Error("It broke"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(source.cancels, 1);
});

/** A source whose first piece comes when it is told to. */
function late() {
  const piece = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
  const source = {
    done: false,
    cancelled: false,
    next: () => piece.promise,
    cancel: () => void (source.cancelled = true),
  };
  return { source, piece };
}

Deno.test("readFirst() waits for as long as the source waits for its turn, and for its first bytes then", async () => {
  const { source, piece } = late();
  const turn = Promise.withResolvers<void>();
  let over = false;
  const reading = readFirst(source, 1, () => turn.promise).then(() => over = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(over, false);
  turn.resolve();
  await reading;
  piece.resolve(undefined);
  const failing = late();
  const first = readFirst(failing.source, 20, () => Promise.resolve());
  setTimeout(
    () => failing.piece.reject(new Error("A secret stands there")),
    30,
  );
  await assertRejects(() => first, Error, "A secret stands there");
});

Deno.test("readFirst() fails with a turn that does not come, and cancels the source", async () => {
  const { source } = late();
  await assertRejects(
    () => readFirst(source, 1, () => Promise.reject(new Error("No room"))),
    Error,
    "No room",
  );
  assertEquals(source.cancelled, true);
});
