import { assertEquals, assertRejects } from "@std/assert";
import { ReadAhead } from "../../lib/upstream/read_ahead.ts";

Deno.test("ReadAhead returns what it has read in order, whether it was asked for before or after it came", async () => {
  const pieces = Array.from({ length: 5 }, (_, index) => Uint8Array.of(index));
  const rest = [...pieces];
  const ahead = new ReadAhead(() => Promise.resolve(rest.shift()));
  const first = ahead.next();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([rest.length, ahead.isFull], [0, false]);
  const got = [await first];
  for (let count = 1; count < 6; count++) got.push(await ahead.next());
  assertEquals(got, [...pieces, undefined]);
});

Deno.test("ReadAhead says that it holds too much only once it does, and only where it must not wait", async () => {
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const ahead = new ReadAhead(async () => {
    if (++reads === 4) await gate.promise;
    return reads > 4 ? undefined : new Uint8Array(reads === 3 ? 1 : 512 * 1024);
  });
  let excesses = 0;
  ahead.neverWait(() => excesses++);
  await new Promise((resolve) => setTimeout(resolve));
  // Two halves of a MiB are not too much; the byte after them is.
  assertEquals([reads, ahead.isFull, excesses], [4, true, 1]);
  for (let count = 0; count < 3; count++) await ahead.next();
  assertEquals([ahead.isFull, excesses], [false, 1]);
  gate.resolve();
  assertEquals((await ahead.next())?.length, 512 * 1024);
  assertEquals([await ahead.next(), excesses], [undefined, 1]);
});

Deno.test("ReadAhead passes a failure on after what came before it, to each reader, early or late", async () => {
  const rest = [Uint8Array.of(1), Uint8Array.of(2)];
  const gate = Promise.withResolvers<void>();
  const ahead = new ReadAhead(async () => {
    const piece = rest.shift();
    if (piece !== undefined) return piece;
    await gate.promise;
    throw new Error("The client left");
  });
  assertEquals([await ahead.next(), await ahead.next()], [Uint8Array.of(1), Uint8Array.of(2)]);
  const early = assertRejects(() => ahead.next(), Error, "The client left");
  gate.resolve();
  await early;
  await assertRejects(() => ahead.next(), Error, "The client left");
});

Deno.test("ReadAhead waits with more than a MiB until some of it has been asked for", async () => {
  const HALF = 512 * 1024;
  const sizes = [HALF, HALF, 1, HALF, 1];
  let reads = 0;
  const ahead = new ReadAhead(() => {
    const size = sizes[reads++];
    return Promise.resolve(size === undefined ? undefined : new Uint8Array(size));
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  await turn();
  assertEquals([reads, ahead.isFull], [3, true]);
  // Half a MiB and one byte are left, so there is room for one more.
  assertEquals((await ahead.next())?.length, HALF);
  await turn();
  assertEquals([reads, ahead.isFull], [4, true]);
  const lengths: (number | undefined)[] = [];
  for (let count = 0; count < 5; count++) lengths.push((await ahead.next())?.length);
  assertEquals([lengths, reads, ahead.isFull], [[HALF, 1, HALF, 1, undefined], 6, false]);
});

Deno.test("ReadAhead counts what comes and what is asked for, and ends for all who wait", async () => {
  const gate = Promise.withResolvers<void>();
  for (const fails of [false, true]) {
    let reads = 0;
    const ahead = new ReadAhead(async () => {
      if (++reads === 1) return Uint8Array.of(1);
      await gate.promise;
      if (fails) throw new Error("The client left");
      return undefined;
    });
    assertEquals(ahead.moves, 0);
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(ahead.moves, 1);
    assertEquals([await ahead.next(), ahead.moves], [Uint8Array.of(1), 2]);
    const waiting = [ahead.next(), ahead.next()];
    assertEquals(ahead.moves, 4);
    gate.resolve();
    const ended = await Promise.allSettled([...waiting, ahead.next()]);
    assertEquals(ended.map(({ status }) => status), Array(3).fill(fails ? "rejected" : "fulfilled"));
  }
});

Deno.test("ReadAhead gives each piece to the one who has waited longest", async () => {
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const ahead = new ReadAhead(async () => {
    await gate.promise;
    return ++reads > 3 ? undefined : Uint8Array.of(reads);
  });
  const waiting = Promise.all([ahead.next(), ahead.next(), ahead.next(), ahead.next()]);
  gate.resolve();
  assertEquals(await waiting, [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3), undefined]);
});
