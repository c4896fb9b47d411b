/**
 * How the content of a request is read: as little is asked for at once as the client's chunks are large, what is at hand is
 * joined, and what piles up is refused.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RequestFraming } from "../../lib/http/framing.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { ContentReader } from "../../lib/upstream/content_reader.ts";
import { ContentReads } from "../../lib/upstream/content_reads.ts";
import { ReadLost } from "../../lib/upstream/errors.ts";
import { fromLatin1, join } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";
import { within } from "../support/within.ts";

const KIB = 1024;
const CHUNKED = { kind: "chunked" } as const;

function lengthOf(length: number): RequestFraming {
  return { kind: "length", length };
}

/** Content as the runtime provides it: each read returns one of the client's chunks, or a part of it. */
class Content {
  /** How much was asked for at once, in bytes. */
  readonly asked: number[] = [];
  readonly stream: ReadableStream<Uint8Array>;
  isCancelled = false;

  /** @param chunks A number is a pause in milliseconds, a promise one until it resolves, an error the end. */
  constructor(chunks: Iterable<Uint8Array | number | Promise<void> | Error>) {
    const rest = chunks[Symbol.iterator]();
    let left = new Uint8Array();
    this.stream = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 64 * KIB,
      pull: async (controller) => {
        const { byobRequest } = controller;
        const view = byobRequest!.view as Uint8Array;
        this.asked.push(view.byteLength);
        while (left.length === 0) {
          const { done, value } = rest.next();
          if (done) {
            controller.close();
            return byobRequest!.respond(0);
          }
          if (value instanceof Error) return controller.error(value);
          if (value instanceof Promise) await value;
          else if (typeof value === "number") await new Promise((resolve) => setTimeout(resolve, value));
          else left = value as Uint8Array<ArrayBuffer>;
        }
        const part = left.subarray(0, view.byteLength);
        left = left.subarray(part.length);
        view.set(part);
        byobRequest!.respond(part.length);
      },
      cancel: () => {
        this.isCancelled = true;
      },
    });
  }
}

function chunk(length: number, fill = "x"): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(fill.charCodeAt(0));
}

/** Returns all pieces, which are given back as they come. */
async function piecesOf(reader: ContentReader): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) {
    pieces.push(piece.slice());
    reader.release(piece);
  }
  return pieces;
}

/** Runs a function while each look at the clock takes some milliseconds. */
async function withClock<T>(ms: number, run: () => Promise<T>): Promise<T> {
  const { now } = performance;
  let time = 0;
  performance.now = () => time += ms;
  try {
    return await run();
  } finally {
    performance.now = now;
  }
}

Deno.test("content arrives whole and in order, whatever the sizes of its chunks and the pauses between them", async () => {
  const part = fc.oneof(fc.nat(100), fc.nat(9_000), fc.nat(70_000), fc.constant(64 * KIB - 8));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(part, fc.boolean()), { maxLength: 12 }),
      fc.boolean(),
      async (parts, isChunked) => {
        let at = 0;
        const chunks = parts.map(([length]) => Uint8Array.from({ length }, () => (at * at++) >> 5));
        const paused = chunks.flatMap((bytes, index) => parts[index]![1] ? [0, bytes] : [bytes]);
        const framing = isChunked ? CHUNKED : lengthOf(at);
        const pieces = await piecesOf(new ContentReader(new Content(paused).stream, framing));
        assert(fromLatin1(join(pieces)) === fromLatin1(join(chunks)));
      },
    ),
    runs(60),
  );
});

Deno.test("content that does not fill memory that it is given is read as it comes", async () => {
  const content = ReadableStream.from([chunk(1), chunk(70_000)]);
  const pieces = await piecesOf(new ContentReader(content, CHUNKED));
  assertEquals(pieces.map(({ length }) => length), [1, 70_000]);
});

Deno.test("pieces that are at hand are joined, to what fills whole records of TLS with its framing", async () => {
  const small = new Content(Array.from({ length: 100 }, () => chunk(10)));
  const joined = await withClock(
    0.001,
    async () => await piecesOf(new ContentReader(small.stream, CHUNKED)),
  );
  assertEquals(joined.map(({ length }) => length), [1_000]);
  const large = new Content(Array.from({ length: 20 }, () => chunk(8 * KIB)));
  const lengths = await withClock(
    0.001,
    async () => await piecesOf(new ContentReader(large.stream, CHUNKED)),
  );
  assertEquals(lengths.map(({ length }) => length), [65_528, 65_528, 160 * KIB - 2 * 65_528]);
});

Deno.test("what is left when a block is full does not wait for more", async () => {
  const more = Promise.withResolvers<void>();
  const reader = new ContentReader(new Content([chunk(65_600), more.promise, chunk(1)]).stream, CHUNKED);
  const lengths = await withClock(
    0.001,
    async () => [(await reader.read())?.length, (await reader.read())?.length],
  );
  assertEquals(lengths, [65_528, 72]);
  more.resolve();
  assertEquals([(await reader.read())?.length, await reader.read()], [1, undefined]);
});

Deno.test("a piece that others don't follow at once is not held back", async () => {
  const more = Promise.withResolvers<void>();
  const reader = new ContentReader(
    new Content([chunk(3), chunk(2), more.promise, chunk(4)]).stream,
    CHUNKED,
  );
  assertEquals((await withClock(0.001, () => reader.read()))?.length, 5);
  more.resolve();
  assertEquals([(await reader.read())?.length, await reader.read()], [4, undefined]);
});

Deno.test("one block is joined at a time, though more is at hand", async () => {
  const content = new Content(Array.from({ length: 100 }, () => chunk(4 * KIB)));
  const reader = new ContentReader(content.stream, CHUNKED);
  await withClock(0.001, () => reader.read());
  assert(content.asked.length <= 18, `${content.asked.length} reads`);
});

Deno.test("pieces are joined for a millisecond at most", async () => {
  const content = new Content(Array.from({ length: 100 }, () => chunk(10)));
  const reader = new ContentReader(content.stream, CHUNKED);
  assertEquals((await withClock(0.3, () => reader.read()))?.length, 40);
});

Deno.test("reads that are asked for at once bring consecutive pieces", async () => {
  const reader = new ContentReader(
    new Content([chunk(1, "a"), 5, chunk(2, "b"), 5, chunk(3, "c")]).stream,
    CHUNKED,
  );
  const pieces = await Promise.all([reader.read(), reader.read(), reader.read(), reader.read()]);
  assertEquals(pieces.map((piece) => piece && fromLatin1(piece)), ["a", "bb", "ccc", undefined]);
});

Deno.test("the end and a failure come after what was at hand, and again", async () => {
  const ended = new ContentReader(new Content([chunk(3)]).stream, CHUNKED);
  assertEquals([(await ended.read())?.length, await ended.read(), await ended.read()], [
    3,
    undefined,
    undefined,
  ]);
  const failed = new ContentReader(new Content([chunk(3), new Error("broken")]).stream, CHUNKED);
  assertEquals((await failed.read())?.length, 3);
  await assertRejects(() => failed.read(), Error, "broken");
  await assertRejects(() => failed.read(), Error, "broken");
});

Deno.test("4 KiB are asked for at once, of whatever content", async () => {
  const chunked = new Content([chunk(1_000), chunk(100_000), chunk(1)]);
  await piecesOf(new ContentReader(chunked.stream, CHUNKED));
  assertEquals(new Set(chunked.asked), new Set([4 * KIB]));
  const plain = new Content([chunk(100_000)]);
  await piecesOf(new ContentReader(plain.stream, lengthOf(100_000)));
  assertEquals(new Set(plain.asked), new Set([4 * KIB]));
});

Deno.test("content whose chunks pile up is refused and given up", async () => {
  const content = new Content(function* () {
    for (;;) yield chunk(1);
  }());
  const refusal = await assertRejects(() => piecesOf(new ContentReader(content.stream, CHUNKED)), Refusal);
  assertEquals([refusal.code, refusal.subject, content.isCancelled], [
    "bad_request",
    "its content comes in too many too small chunks",
    true,
  ]);
  // Each turn adds 4 KiB for each of 128 reads, and 10,000 are read between two turns.
  assert(content.asked.length < 40_000, `${content.asked.length} reads`);
});

Deno.test("content in small chunks is not refused as long as it can be read between two turns", async () => {
  const steady = new Content(Array.from({ length: 40_000 }, () => chunk(80)));
  assertEquals(join(await piecesOf(new ContentReader(steady.stream, CHUNKED))).length, 40_000 * 80);
  // However much there may have been, nothing is left at the end.
  const ending = new Content(Array.from({ length: 1_000 }, () => chunk(1)));
  assertEquals(join(await piecesOf(new ContentReader(ending.stream, CHUNKED))).length, 1_000);
  // With pauses, nothing is left.
  const paused = new Content(Array.from({ length: 3_000 }, (_, at) => at % 100 === 0 ? 1 : chunk(1)));
  assertEquals(join(await piecesOf(new ContentReader(paused.stream, CHUNKED))).length, 2_970);
});

Deno.test("content with a length is never refused because of its pieces", async () => {
  const content = new Content(Array.from({ length: 3_000 }, () => chunk(1)));
  const pieces = await piecesOf(new ContentReader(content.stream, lengthOf(3_000)));
  assertEquals(join(pieces).length, 3_000);
});

Deno.test("a block that is complete does not wait for more, though several were joined at once", async () => {
  const more = Promise.withResolvers<void>();
  // Ten blocks to the byte; from the second on the runtime seems to hold so much that all of it is read.
  const chunks = [...Array.from({ length: 2_184 }, () => chunk(300)), chunk(80)];
  const reader = new ContentReader(new Content([...chunks, more.promise]).stream, CHUNKED);
  const lengths: (number | undefined)[] = [];
  await withClock(0.001, async () => {
    while (lengths.length < 10) lengths.push((await within(reader.read(), "A block"))?.length);
  });
  assertEquals(lengths, new Array(10).fill(65_528));
  more.resolve();
  assertEquals(await reader.read(), undefined);
});

Deno.test("memory that is released is used again, and freed at the end or when the rest is given up", async () => {
  for (const end of ["read", "cancel"] as const) {
    const more = Promise.withResolvers<void>();
    const content = new Content([chunk(40_000), more.promise, chunk(40_000)]);
    const reader = new ContentReader(content.stream, CHUNKED);
    const read = () => withClock(0.001, () => reader.read());
    const first = (await read())!;
    const { buffer } = first;
    reader.release(first);
    more.resolve();
    const second = (await read())!;
    assertEquals([second.length, second.buffer === buffer], [40_000, true]);
    reader.release(second);
    assertEquals(buffer.detached, false);
    if (end === "read") assertEquals(await reader.read(), undefined);
    else reader.cancel();
    assertEquals(buffer.detached, true, end);
  }
});

Deno.test("the runtime is taken to hold 4 KiB for each of the first 128 reads of a turn, less what was read with its framing", async () => {
  const more = Promise.withResolvers<void>();
  const content = new Content([...Array.from({ length: 400 }, () => chunk(1)), more.promise, chunk(1)]);
  const reads = new ContentReads(content.stream.getReader({ mode: "byob" }), true);
  for (let turn = 1; turn <= 2; turn++) {
    reads.onTurn();
    for (let count = 0; count < 200; count++) assertEquals((await reads.atHand())?.length, 1);
    assertEquals(reads.held, turn * (128 * 4 * KIB - 200 * 6));
  }
  // A read that has to wait shows that nothing is left but what it may bring.
  assertEquals([await reads.atHand(), reads.held], [undefined, 4 * KIB]);
  more.resolve();
  assertEquals([(await reads.next())?.length, reads.held], [1, 4 * KIB - 6]);
});

Deno.test("content with a length that is complete does not wait for its end, nor is it copied if it came in one piece", async () => {
  for (const sizes of [[3_000], [4_096, 4_096, 1_000], [65_528, 10]]) {
    const length = sizes.reduce((sum, size) => sum + size, 0);
    const end = Promise.withResolvers<void>();
    const content = new Content([...sizes.map((size) => chunk(size)), end.promise]);
    const reader = new ContentReader(content.stream, lengthOf(length));
    let read = 0;
    while (read < length) {
      const piece = (await within(withClock(0.001, () => reader.read()), "A piece"))!;
      read += piece.length;
      if (sizes.length === 1) assertEquals(piece.buffer.byteLength, 4 * KIB);
    }
    // Nothing more was asked for.
    assertEquals([read, content.asked.length], [length, Math.ceil(sizes[0]! / 4_096) + sizes.length - 1]);
    end.resolve();
    assertEquals(await reader.read(), undefined);
  }
});

Deno.test("it is known whether a read waits for the client", async () => {
  const more = Promise.withResolvers<void>();
  const reader = new ContentReader(new Content([chunk(3), more.promise, chunk(4)]).stream, CHUNKED);
  assertEquals(reader.isWaiting, false);
  assertEquals((await withClock(0.001, () => reader.read()))?.length, 3);
  assertEquals(reader.isWaiting, true);
  more.resolve();
  assertEquals([(await reader.read())?.length, await reader.read(), reader.isWaiting], [4, undefined, false]);
  const plain = new ContentReader(ReadableStream.from([chunk(3)]), CHUNKED);
  const reading = plain.read();
  assertEquals(plain.isWaiting, false);
  await reading;
});

Deno.test("what is dropped is read to its end or its failure, but 64 MiB of it at most", async () => {
  const small = new Content([chunk(3), 1, chunk(5)]);
  await new ContentReader(small.stream, CHUNKED).drop();
  assertEquals(small.isCancelled, false);
  await new ContentReader(new Content([chunk(3), new Error("broken")]).stream, CHUNKED).drop();
  let pulled = 0;
  let isCancelled = false;
  const large = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1024 * KIB));
    },
    cancel: () => void (isCancelled = true),
  }, { highWaterMark: 0 });
  await new ContentReader(large, CHUNKED).drop();
  assertEquals([pulled, isCancelled], [65, true]);
});

Deno.test("what is dropped in small chunks lets others go first", async () => {
  const content = new Content(Array.from({ length: 20_000 }, () => chunk(100)));
  let others = 0;
  const timer = setInterval(() => others++);
  await new ContentReader(content.stream, CHUNKED).drop();
  clearInterval(timer);
  assert(others > 0);
});

Deno.test("reading is stopped after the read that has begun, if that ends within a moment", async () => {
  const more = Promise.withResolvers<void>();
  const content = new Content([chunk(3), more.promise, chunk(4), chunk(5)]);
  const reader = new ContentReader(content.stream, CHUNKED);
  assertEquals((await withClock(0.001, () => reader.read()))?.length, 3);
  const next = reader.read();
  await new Promise((resolve) => setTimeout(resolve));
  const stopped = reader.stop();
  const { length } = content.asked;
  more.resolve();
  assertEquals([(await next)?.length, await stopped, content.isCancelled], [4, false, true]);
  assertEquals(content.asked.length, length);
  await assertRejects(() => reader.read(), Error, "Reading was stopped");
});

Deno.test("reading is stopped in any case, and it is said whether a read waits for ever", async () => {
  const waiting = new Content([chunk(3), new Promise<void>(() => {})]);
  const reader = new ContentReader(waiting.stream, CHUNKED);
  assertEquals((await withClock(0.001, () => reader.read()))?.length, 3);
  assertEquals([await reader.stop(), waiting.isCancelled], [true, true]);
  const idle = new ContentReader(new Content([chunk(3)]).stream, CHUNKED);
  assertEquals(await idle.stop(), false);
  // A stream that is made of another says so.
  for (const [error, isLost] of [[new ReadLost(), true], [new Error("broken"), false]] as const) {
    const made = new ReadableStream<Uint8Array>({ cancel: () => Promise.reject(error) });
    assertEquals(await new ContentReader(made, CHUNKED).stop(), isLost);
  }
});
