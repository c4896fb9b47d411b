import { assertEquals, assertRejects } from "@std/assert";
import { parseContentRange } from "../../lib/http/content_range.ts";
import { BadResponse, UpstreamTimeout } from "../../lib/upstream/errors.ts";
import { Slice } from "../../lib/upstream/slice.ts";
import type { Source } from "../../lib/upstream/source.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";

/** A source of pieces of text; after the last one it ends, or waits until it is cancelled. */
class Pieces implements Source {
  readonly #pieces: string[];
  readonly #ends: boolean;
  readonly #cancelled = Promise.withResolvers<undefined>();
  cancels = 0;

  constructor(pieces: readonly string[], ends = true) {
    this.#pieces = [...pieces];
    this.#ends = ends;
  }

  get done(): boolean {
    return this.cancels > 0 || (this.#ends && this.#pieces.length === 0);
  }

  /** How many pieces have not been read. */
  get left(): number {
    return this.#pieces.length;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = this.#pieces.shift();
    if (piece === undefined && !this.#ends) return this.#cancelled.promise;
    return Promise.resolve(piece === undefined ? undefined : new Uint8Array(latin1(piece)));
  }

  cancel(): void {
    this.cancels++;
    this.#cancelled.resolve(undefined);
  }
}

async function read(slice: Slice): Promise<string> {
  const parts: Uint8Array[] = [];
  while (!slice.done) parts.push(await slice.next() ?? new Uint8Array(0));
  return fromLatin1(join(parts));
}

Deno.test("Slice passes its part, however the content is cut, and reads nothing that follows", async () => {
  const text = "0123456789abcdef";
  for (let from = 0; from < text.length; from++) {
    for (let to = from + 1; to <= text.length; to++) {
      for (const size of [1, 3, 16]) {
        const pieces = text.match(new RegExp(`.{1,${size}}`, "g"))!;
        const source = new Pieces(pieces);
        const slice = new Slice(source, { from, to, withinMs: 1000 });
        assertEquals(await read(slice), text.slice(from, to));
        assertEquals(await slice.next(), undefined);
        assertEquals(source.left, pieces.length - Math.ceil(to / size));
        assertEquals([source.done, source.cancels], [true, source.left > 0 ? 1 : 0]);
      }
    }
  }
});

Deno.test("Slice frees a piece of which it passes only a part, or nothing", async () => {
  const pieces = ["before", "begins", "whole", "ends it"].map((text) => new Uint8Array(latin1(text)));
  const left = [...pieces];
  const source: Source = {
    get done() {
      return left.length === 0;
    },
    next: () => Promise.resolve(left.shift()),
    cancel() {},
  };
  assertEquals(await read(new Slice(source, { from: 8, to: 21, withinMs: 1000 })), "ginswholeends");
  assertEquals(pieces.map(({ buffer }) => buffer.detached), [true, true, false, true]);
});

Deno.test("Slice fails where the content ends before its part does", async () => {
  for (const from of [2, 7, 20]) {
    const slice = new Slice(new Pieces(["0123", "45"]), { from, to: 30, withinMs: 1000 });
    await assertRejects(() => read(slice), BadResponse, "ends before its part");
  }
});

Deno.test("Slice waits for its part, but for what is before it no longer than a time", async () => {
  const late = new Pieces(["0123"], false);
  const slice = new Slice(late, { from: 10, to: 20, withinMs: 1 });
  await assertRejects(() => read(slice), UpstreamTimeout);
  assertEquals([slice.done, late.done], [true, true]);

  const begun = new Pieces(["0123"], false);
  const part = new Slice(begun, { from: 2, to: 20, withinMs: 1 });
  assertEquals(fromLatin1(await part.next() ?? new Uint8Array(0)), "23");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([part.done, begun.cancels], [false, 0]);
  part.cancel();
  assertEquals([part.done, begun.cancels], [true, 1]);
});

Deno.test("Slice is late even where the content still arrives after its time", async () => {
  for (const length of [4, 40]) {
    const piece = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
    const source: Source = {
      done: false,
      next: () => piece.promise,
      cancel: () => piece.resolve(new Uint8Array(length)),
    };
    const slice = new Slice(source, { from: 10, to: 20, withinMs: 1 });
    await assertRejects(() => slice.next(), UpstreamTimeout, "What is before the part took too long");
  }
});

Deno.test("parseContentRange() knows one part of bytes whose whole has a known length", () => {
  assertEquals(parseContentRange("bytes 0-0/1"), { from: 0, to: 1, whole: 1 });
  assertEquals(parseContentRange("Bytes 10-19/100"), { from: 10, to: 20, whole: 100 });
  for (
    const value of [
      "",
      "bytes 0-9/*",
      "bytes */100",
      "bytes 5-4/100",
      "bytes 0-100/100",
      "items 0-1/2",
      "bytes=0-1/2",
      "bytes 0-1/2, bytes 0-1/2",
      "bytes 0-1/1234567890123456",
    ]
  ) assertEquals(parseContentRange(value), undefined, value);
});

Deno.test("Slice lets others go first while it drops what is before its part", async () => {
  const slice = new Slice(new Pieces(["x".repeat(20_000), "y"].join("").match(/./g)!), {
    from: 20_000,
    to: 20_001,
    withinMs: 10_000,
  });
  let others = 0;
  const timer = setInterval(() => others++);
  assertEquals(await read(slice), "y");
  clearInterval(timer);
  assertEquals(others > 0, true);
});

Deno.test("Slice is never late once its part has begun, or it was cancelled", async () => {
  for (const from of [0, 2]) {
    const source = new Pieces(["01", "23"], false);
    const slice = new Slice(source, { from, to: 20, withinMs: 1 });
    if (from === 2) slice.cancel();
    else assertEquals(await slice.next(), latin1("01"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([slice.done, source.cancels], [from === 2, from === 2 ? 1 : 0]);
    assertEquals(await slice.next(), from === 2 ? undefined : latin1("23"));
  }
});

Deno.test("Slice fails as its source does, and cancels it", async () => {
  let cancels = 0;
  const source: Source = {
    done: false,
    next: () => Promise.reject(new Error("It broke")),
    cancel: () => void cancels++,
  };
  const slice = new Slice(source, { from: 2, to: 4, withinMs: 1000 });
  await assertRejects(() => slice.next(), Error, "It broke");
  assertEquals([slice.done, cancels, await slice.next()], [true, 1, undefined]);
});

Deno.test("Slice reads on after a piece that is missing, until its source has ended", async () => {
  const pieces = [undefined, latin1("0"), undefined, latin1("1")];
  const source: Source = {
    get done() {
      return pieces.length === 0;
    },
    next: () => Promise.resolve(pieces.shift()),
    cancel() {},
  };
  assertEquals(await read(new Slice(source, { from: 1, to: 2, withinMs: 1000 })), "1");
});
