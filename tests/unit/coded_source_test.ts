import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { codingsOf } from "../../lib/coding/content_codings.ts";
import { Secret } from "../../lib/core/secret.ts";
import { CodedSource } from "../../lib/mask/coded_source.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { ContentWithheld } from "../../lib/mask/withheld.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import type { Source } from "../../lib/upstream/source.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

const SECRET = "ghp_R7mVq2XcT9wLzK4bN8sJ5dYhF6pG3aE1uCoQ";
const MASK = { current: Mask.of([{ text: Secret.of(SECRET) }]) };

/** A source of pieces; the last one ends it. */
class Pieces implements Source {
  readonly #pieces: Uint8Array[];
  cancelled = false;
  /** How many have been asked for. */
  read = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = [...pieces];
  }

  get done(): boolean {
    return this.cancelled || this.#pieces.length === 0;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.read++;
    const piece = this.#pieces.shift();
    return Promise.resolve(piece && new Uint8Array(piece));
  }

  cancel(): void {
    this.cancelled = true;
  }
}

function open(value: string, pieces: readonly Uint8Array[]) {
  const source = new Pieces(pieces);
  const budget = new BufferBudget(64 * 1024 * 1024);
  const tally = { masked: 0 };
  const coded = new CodedSource(source, { codings: codingsOf(value)!, mask: MASK, budget, tally });
  return { source, coded, budget, tally };
}

/** Reads what passes, as pieces, until the end or an error. */
async function read(value: string, pieces: readonly Uint8Array[]) {
  const { source, coded, budget, tally } = open(value, pieces);
  const passed: Uint8Array[] = [];
  let error: unknown;
  try {
    while (!coded.done) {
      const piece = await coded.next();
      if (piece === undefined) break;
      passed.push(piece.slice());
      // The caller may free a piece at once.
      piece.buffer.transfer(0);
    }
  } catch (thrown) {
    error = thrown;
  }
  assert(coded.done);
  assertEquals(budget.used, 0);
  return { passed, bytes: join(passed), error, source, tally };
}

const CODERS: readonly (readonly [coding: string, encode: (bytes: Uint8Array) => Uint8Array])[] = [
  ["gzip", (bytes) => zlib.gzipSync(bytes)],
  ["deflate", (bytes) => zlib.deflateSync(bytes)],
  ["deflate", (bytes) => zlib.deflateRawSync(bytes)],
  ["br", (bytes) => zlib.brotliCompressSync(bytes)],
  ["zstd", (bytes) => zlib.zstdCompressSync(bytes)],
  ["gzip, br", (bytes) => zlib.brotliCompressSync(zlib.gzipSync(bytes))],
  ["zstd, gzip", (bytes) => zlib.gzipSync(zlib.zstdCompressSync(bytes))],
];

/** Cuts bytes at some places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.filter((place) => place < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((to, index) => bytes.slice(at[index], to)).filter((piece) => piece.length > 0);
}

Deno.test("CodedSource passes every byte as it came, in whatever coding and pieces", async () => {
  for (const [coding, encode] of CODERS) {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 60 }),
        fc.nat(40),
        fc.array(fc.nat(2000), { maxLength: 6 }),
        async (unit, times, places) => {
          const coded = encode(new TextEncoder().encode(unit.repeat(times + 1)));
          const { bytes, error } = await read(coding, cut(coded, places));
          assertEquals([fromLatin1(bytes), error], [fromLatin1(coded), undefined]);
        },
      ),
      runs(25),
    );
  }
});

Deno.test("CodedSource passes nothing that decodes to a part of a secret, wherever it is cut", async () => {
  const text = `first line\n${"x y ".repeat(40)}\n{"token":"${SECRET}"}\n${"z ".repeat(50)}`;
  for (const [coding, encode] of CODERS) {
    const coded = encode(latin1(text));
    for (let size = 1; size < coded.length; size += size < 20 ? 1 : 13) {
      const places = Array.from({ length: Math.ceil(coded.length / size) }, (_, at) => at * size);
      const { bytes, error, tally, source } = await read(coding, cut(coded, places));
      assert(error instanceof ContentWithheld, String(error));
      assertEquals([(error as Error).message, tally.masked, source.cancelled], [
        "a secret stands in coded content",
        1,
        true,
      ]);
      assert(!fromLatin1(await decodeAll(coding, bytes)).includes("ghp"), `${coding}, pieces of ${size}`);
    }
  }
});

/** Decodes as much as there is, by the runtime's own decoders. */
async function decodeAll(value: string, bytes: Uint8Array): Promise<Uint8Array> {
  const { DecodedCopy } = await import("../../lib/coding/decoded_copy.ts");
  const copy = new DecodedCopy(codingsOf(value)!, new BufferBudget(1e9).reserve());
  const parts = bytes.length === 0
    ? []
    : await Array.fromAsync(copy.push(new Uint8Array(bytes)), (part) => part.slice());
  copy.close();
  return join(parts);
}

Deno.test("CodedSource passes nothing before there is content, so that a small response is searched before its head is sent", async () => {
  const coded = zlib.gzipSync("content\n");
  // RFC 1952, section 2.3: the header without a name has ten bytes.
  const { source, coded: passing } = open("gzip", cut(coded, [10]));
  assertEquals((await passing.next())?.length, 10);
  assertEquals(source.read, 2);
  passing.cancel();
});

Deno.test("CodedSource passes what holds a single byte of content, as soon as it is there", async () => {
  // A stored block: RFC 1951, section 3.2.4.
  const block = latin1("\x00\x01\x00\xfe\xff\n");
  const { source, coded } = open("deflate", [block, latin1("rest")]);
  assertEquals([await coded.next(), source.read], [new Uint8Array(block), 1]);
  coded.cancel();
});

Deno.test("CodedSource passes a flushed event at once, and what ends in a word with the next", async () => {
  const stream = zlib.createGzip();
  const made: Uint8Array[] = [];
  stream.on("data", (bytes: Uint8Array) => made.push(new Uint8Array(bytes)));
  const flush = async (text: string) => {
    stream.write(text);
    await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return join(made.splice(0));
  };
  const events = [await flush("data: one\n\n"), await flush("data: tw"), await flush("o\n\n")];
  const { source, coded } = open("gzip", events.concat(latin1("rest")));
  assertEquals(await coded.next(), new Uint8Array(events[0]!));
  assertEquals(source.read, 1);
  assertEquals([await coded.next(), await coded.next()], [
    new Uint8Array(events[1]!),
    new Uint8Array(events[2]!),
  ]);
  assertEquals(source.read, 3);
  coded.cancel();
});

Deno.test("CodedSource withholds a secret in the parts of a coding that are no content", async () => {
  const gzip = zlib.gzipSync("content\n");
  // A file name in the header: RFC 1952, section 2.3.
  const named = join([
    gzip.slice(0, 3),
    Uint8Array.of(8),
    gzip.slice(4, 10),
    latin1(`${SECRET}\0`),
    gzip.slice(10),
  ]);
  const skippable = join([Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, SECRET.length, 0, 0, 0), latin1(SECRET)]);
  const frame = zlib.zstdCompressSync("content\n");
  for (const [coding, coded] of [["gzip", named], ["zstd", join([frame, skippable, frame])]] as const) {
    for (const places of [[], Array.from(coded, (_, at) => at)]) {
      const { bytes, error } = await read(coding, cut(coded, places));
      assert(error instanceof ContentWithheld, String(error));
      assert(!fromLatin1(bytes).includes(SECRET.slice(0, 9)), fromLatin1(bytes));
    }
  }
});

Deno.test("CodedSource passes no block of zstd before all of it has been decoded", async () => {
  // Incompressible, so that its literals stand in the block as they are.
  const text = `${crypto.randomUUID()} ${SECRET.slice(0, 20)} ${crypto.randomUUID()}\n`;
  const coded = zlib.zstdCompressSync(latin1(text));
  const { bytes, error } = await read("zstd", [coded.slice(0, coded.length - 6)]);
  assert(
    error instanceof ContentWithheld && error.message === "coded content ends within a block",
    String(error),
  );
  assertEquals(bytes.length, 0);
});

Deno.test("CodedSource passes content that ends early as it came, where all of it could be decoded", async () => {
  const text = latin1(Array.from({ length: 200 }, () => crypto.randomUUID()).join(" "));
  for (const [coding, encode] of CODERS.slice(0, 4)) {
    const coded = encode(text);
    const part = coded.slice(0, coded.length - 9);
    const { bytes, error } = await read(coding, cut(part, [100, 1000]));
    assertEquals([bytes, error], [new Uint8Array(part), undefined], coding);
  }
});

Deno.test("CodedSource withholds a secret between two codings, wherever the content is cut", async () => {
  const member = new Uint8Array(zlib.gzipSync("hello"));
  const name = latin1(`${SECRET}\0`);
  // RFC 1952, section 2.3: the fourth byte says that a name follows the header.
  const named = join([member.slice(0, 3), Uint8Array.of(8), member.slice(4, 10), name, member.slice(10)]);
  const skipped = join([
    Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, SECRET.length, 0, 0, 0),
    latin1(SECRET),
    zlib.zstdCompressSync("hello"),
  ]);
  // Content before it, so that bytes pass.
  const second = join([zlib.gzipSync("hello hello\n"), named]);
  const cases: readonly (readonly [value: string, content: Uint8Array])[] = [
    ["gzip, gzip", zlib.gzipSync(second)],
    ["zstd, deflate", zlib.deflateSync(skipped)],
    ["gzip, br", zlib.brotliCompressSync(second)],
    ["gzip, gzip, gzip", zlib.gzipSync(zlib.gzipSync(named))],
  ];
  for (const [value, content] of cases) {
    for (let at = 1; at < content.length; at++) {
      const { bytes, error, tally } = await read(value, cut(content, [at]));
      assert(error instanceof ContentWithheld, `${value}, ${at}: ${error}`);
      assertEquals([tally.masked, bytes.length < content.length], [1, true], `${value}, ${at}`);
    }
    const { error } = await read(value, Array.from(content, (byte) => Uint8Array.of(byte)));
    assert(error instanceof ContentWithheld, `${value}: ${error}`);
  }
});

Deno.test("CodedSource withholds what does not match its coding", async () => {
  for (const [coding] of CODERS) {
    const { bytes, error } = await read(coding, [latin1(`<html>${SECRET.slice(0, 10)}</html>`)]);
    assert(error instanceof ContentWithheld, `${coding}: ${error}`);
    assertEquals(bytes.length, 0);
  }
});

Deno.test("CodedSource ends where too much waits for content", async () => {
  // An empty stored block: RFC 1951, section 3.2.4. The word before it never ends.
  const blocks = Uint8Array.from({ length: 5 * 60_000 }, (_, at) => [0, 0, 0, 0xff, 0xff][at % 5]!);
  const begin = latin1("\x00\x04\x00\xfb\xffword");
  const { bytes, error } = await read("deflate", [begin, ...Array.from({ length: 5 }, () => blocks)]);
  assert(error instanceof ContentWithheld, String(error));
  assertEquals((error as Error).message, "too much coded content without content that can be searched");
  assertEquals(bytes.length, 0);
});

Deno.test("CodedSource lets a mebibyte wait for content that can be searched, and not a byte more", async () => {
  const limit = 1024 * 1024;
  for (const more of [0, 1]) {
    // A word in a stored block, after which nothing but empty ones come until the last: RFC 1951, section 3.2.4.
    const length = limit % 5 + more;
    const begin = join([Uint8Array.of(0, length, 0, 0xff - length, 0xff), latin1("x".repeat(length))]);
    const size = limit + more - begin.length;
    const blocks = Uint8Array.from({ length: size }, (_, at) => [0, 0, 0, 0xff, 0xff][at % 5]!);
    blocks[size - 5] = 1;
    const content = join([begin, blocks]);
    const { bytes, error } = await read("deflate", cut(content, [begin.length, 300_000, 600_000, size - 5]));
    if (more === 0) assertEquals([bytes.length, error], [limit, undefined]);
    else assert(error instanceof ContentWithheld && bytes.length === 0, `${bytes.length} bytes, ${error}`);
  }
});

/** Codings around zstd, whose blocks of 128 KiB end anywhere within theirs. */
const AROUND_ZSTD: readonly (readonly [coding: string, encode: (bytes: Uint8Array) => Uint8Array])[] = [
  ["zstd, gzip", (bytes) => zlib.gzipSync(zlib.zstdCompressSync(bytes), { level: 0 })],
  ["zstd, zstd", (bytes) => zlib.zstdCompressSync(zlib.zstdCompressSync(bytes))],
  ["zstd, zstd, deflate", (bytes) => zlib.deflateSync(zlib.zstdCompressSync(zlib.zstdCompressSync(bytes)))],
];

/** Random bytes, of which none are the beginning of a word. */
function randomLines(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes.map((byte) => byte === 0x67 ? 10 : byte);
}

Deno.test("CodedSource passes any amount of zstd within other codings", async () => {
  const content = randomLines(1_500_000);
  for (const [coding, encode] of AROUND_ZSTD) {
    const coded = encode(content);
    const places = Array.from({ length: coded.length / 50_000 }, (_, at) => (at + 1) * 50_000);
    const { bytes, error } = await read(coding, cut(coded, places));
    assertEquals(error, undefined, coding);
    assert(Buffer.from(bytes).equals(coded), coding);
  }
});

Deno.test("CodedSource passes nothing of the block of zstd within other codings that holds a secret", async () => {
  const content = join([randomLines(400_000), latin1(`\n${SECRET}\n`), randomLines(100_000)]);
  for (const [coding, encode] of AROUND_ZSTD) {
    const coded = encode(content);
    for (const size of [999, 20_000, 70_000, 131_072]) {
      const places = Array.from({ length: coded.length / size }, (_, at) => (at + 1) * size);
      const { bytes, error } = await read(coding, cut(coded, places));
      assert(error instanceof ContentWithheld, `${coding}: ${error}`);
      const decoded = await decodeAll(coding, bytes);
      assert(decoded.length <= 400_000, `${coding}, ${size}: ${decoded.length}`);
      // Large pieces may all wait for what follows them.
      if (size <= 20_000) assert(decoded.length >= 65_536, `${coding}, ${size}: ${decoded.length}`);
    }
  }
});

Deno.test("CodedSource passes on the failure of its source, and frees its decoders", async () => {
  const { coded, budget } = open("gzip", []);
  coded.cancel();
  const failing: Source = { done: false, next: () => Promise.reject(new TypeError("reset")), cancel() {} };
  const broken = new CodedSource(failing, { codings: codingsOf("gzip")!, mask: MASK, budget });
  await assertRejects(() => broken.next(), TypeError, "reset");
  assertEquals([broken.done, budget.used], [true, 0]);
});

/** Returns what a stream of nested codings makes of each text, flushed after it, and ended after the last. */
async function flushed(coders: readonly (() => zlib.Gzip | zlib.Deflate)[], texts: readonly string[]) {
  const streams = coders.map((coder) => coder());
  let pieces = texts.map((text) => latin1(text));
  for (const stream of streams) {
    const made: Uint8Array[] = [];
    stream.on("data", (bytes: Uint8Array) => made.push(new Uint8Array(bytes)));
    const coded: Uint8Array<ArrayBuffer>[] = [];
    for (const piece of pieces) {
      stream.write(piece);
      await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, 5));
      coded.push(join(made.splice(0)));
    }
    pieces = coded;
  }
  return pieces;
}

Deno.test("CodedSource passes each word with the beginning of the next, and lines at once, in one coding and in two", async () => {
  const gzip = () => zlib.createGzip();
  for (
    const [value, coders] of [["gzip", [gzip]], ["deflate, gzip", [
      () => zlib.createDeflate(),
      gzip,
    ]]] as const
  ) {
    const texts = ["one", " two", " three", " four\n", "five\n", "six", "\n", " seven"];
    const pieces = await flushed(coders, texts);
    const { source, coded } = open(value, [...pieces, latin1("rest")]);
    const reads: number[] = [];
    for (const piece of pieces.slice(0, -1)) {
      assertEquals(await coded.next(), piece);
      reads.push(source.read);
    }
    assertEquals(reads, [2, 3, 4, 4, 5, 7, 7], value);
    coded.cancel();
  }
});

/** Yields two frames of zstd as two pieces, the second frame cut at every place. Random letters are not compressed. */
function* cutFrames(text: string) {
  const letters = Array.from(crypto.randomUUID().replaceAll("-", "")).join(" ");
  const [first, second] = ["first\n", `${letters} ${text}\n`].map((each) =>
    new Uint8Array(zlib.zstdCompressSync(each))
  );
  for (let at = 1; at < second!.length; at++) {
    yield [join([first!, second!.subarray(0, at)]), second!.slice(at)];
  }
}

Deno.test("CodedSource passes the part of a piece that is clear, and the rest of it later", async () => {
  let parts = 0;
  for (const pieces of cutFrames("end")) {
    const { source, coded } = open("zstd", pieces);
    const passed = [(await coded.next())!];
    if (source.read === 1 && passed[0]!.length < pieces[0]!.length) parts++;
    while (!coded.done) passed.push(await coded.next() ?? new Uint8Array(0));
    assertEquals(join(passed), join(pieces));
  }
  assert(parts > 10, `${parts} parts`);
});

Deno.test("CodedSource passes nothing of a block that turns out to hold a secret, although it came with one that is clear", async () => {
  let parts = 0;
  for (const pieces of cutFrames(SECRET)) {
    const { bytes, error } = await read("zstd", pieces);
    assert(error instanceof ContentWithheld, String(error));
    assert(!fromLatin1(bytes).includes(SECRET.slice(0, 8)), fromLatin1(bytes));
    if (bytes.length > 0 && bytes.length < pieces[0]!.length) parts++;
  }
  assert(parts > 10, `${parts} parts`);
});

Deno.test("CodedSource lets up to seven coded bytes pass that look like the beginning of a word, and waits with more", async () => {
  const frame = new Uint8Array(zlib.zstdCompressSync("first\n"));
  for (const length of [6, 7, 8, 20]) {
    // A frame that is no content: RFC 8878, section 3.1.2.
    const skipped = latin1(` ${"x".repeat(length)}`);
    const piece = join([frame, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, skipped.length, 0, 0, 0), skipped]);
    const { source, coded } = open("zstd", [piece, frame]);
    assertEquals([(await coded.next())?.length, source.read], [piece.length - (length > 7 ? length : 0), 1]);
    coded.cancel();
  }
});

Deno.test("CodedSource withholds a secret without counting it, if nothing counts", async () => {
  const budget = new BufferBudget(64 * 1024 * 1024);
  const source = new Pieces([zlib.gzipSync(SECRET)]);
  const coded = new CodedSource(source, { codings: codingsOf("gzip")!, mask: MASK, budget });
  await assertRejects(() => coded.next(), ContentWithheld, "a secret stands in coded content");
  assertEquals([source.cancelled, budget.used], [true, 0]);
});

Deno.test("CodedSource reads a source whose end comes alone", async () => {
  const pieces = [new Uint8Array(zlib.gzipSync("content")), undefined];
  const source: Source = {
    get done() {
      return pieces.length === 0;
    },
    next: () => Promise.resolve(pieces.shift()),
    cancel() {},
  };
  const budget = new BufferBudget(64 * 1024 * 1024);
  const coded = new CodedSource(source, { codings: codingsOf("gzip")!, mask: MASK, budget });
  assertEquals([await coded.next(), await coded.next(), coded.done], [
    new Uint8Array(zlib.gzipSync("content")),
    undefined,
    true,
  ]);
  assertEquals(budget.used, 0);
});

Deno.test("CodedSource that is cancelled cancels its source once, and frees its decoders, or, while it decodes, as soon as it has", async () => {
  for (const isReading of [false, true]) {
    const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
    let [cancelled, done] = [0, false];
    const pieces = [Promise.resolve(new Uint8Array(zlib.gzipSync("one\n"))), promise];
    const source: Source = {
      get done() {
        return done;
      },
      next: () => pieces.shift()!,
      cancel: () => void cancelled++,
    };
    const budget = new BufferBudget(64 * 1024 * 1024);
    const coded = new CodedSource(source, { codings: codingsOf("gzip")!, mask: MASK, budget });
    await coded.next();
    const reading = isReading ? coded.next() : undefined;
    assertEquals([budget.used > 0, coded.done], [true, false]);
    coded.cancel();
    coded.cancel();
    assertEquals([cancelled, coded.done, budget.used > 0], [1, true, isReading]);
    // What comes then is not decoded to its end, so neither a secret there nor a missing end is an error.
    done = true;
    resolve(new Uint8Array(zlib.gzipSync("two\n".repeat(100_000) + SECRET).subarray(0, -1)));
    assertEquals([await reading, await coded.next(), budget.used], [undefined, undefined, 0]);
  }
});

Deno.test("CodedSource waits for a decoder's memory, and ends the wait at once when it is cancelled", async () => {
  for (const ending of ["come", "cancel"] as const) {
    const budget = new BufferBudget(256 * 1024);
    budget.take(256 * 1024);
    const content = new Uint8Array(zlib.gzipSync("content\n"));
    const source = new Pieces([content]);
    const coded = new CodedSource(source, {
      codings: codingsOf("gzip")!,
      mask: MASK,
      budget,
    });
    assertEquals(coded.turn, undefined);
    const reading = coded.next();
    while (coded.turn === undefined) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (ending === "come") {
      budget.free(256 * 1024);
      assertEquals([await reading, coded.done, budget.used], [
        content,
        true,
        0,
      ]);
    } else {
      coded.cancel();
      await assertRejects(() => reading, Error, "given up");
      budget.free(256 * 1024);
      assertEquals([source.cancelled, coded.done, budget.used], [
        true,
        true,
        0,
      ]);
    }
  }
});

/** Bytes of blocks of deflate without content: nothing is decoded from them. */
const emptyBlocks = (length: number) => new Uint8Array(length).map((_, at) => [0, 0, 0, 0xff, 0xff][at % 5]!);

/** Reads pieces, the last of which never comes. @returns How much memory was in use before each. */
async function memoryWhileReading(value: string, pieces: readonly Uint8Array[]): Promise<readonly number[]> {
  const rest = [...pieces];
  const last = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
  const used: number[] = [];
  const budget = new BufferBudget(64 * 1024 * 1024);
  const source: Source = {
    done: false,
    next() {
      used.push(budget.used);
      const piece = rest.shift();
      return piece === undefined ? last.promise : Promise.resolve(new Uint8Array(piece));
    },
    cancel() {},
  };
  const coded = new CodedSource(source, { codings: codingsOf(value)!, mask: MASK, budget });
  let isOver = false;
  const reading = (async () => {
    while (!isOver) await coded.next();
  })();
  while (used.length <= pieces.length) await new Promise((resolve) => setTimeout(resolve));
  isOver = true;
  coded.cancel();
  last.resolve(undefined);
  await reading;
  assertEquals(budget.used, 0);
  return used;
}

/** What is taken for a piece that waits besides its bytes. */
const PIECE = 1024;

Deno.test("CodedSource takes memory for each piece that waits, since an upstream may send single bytes", async () => {
  const bytes = emptyBlocks(2_000);
  const used = await memoryWhileReading("deflate", [...bytes].map((byte) => Uint8Array.of(byte)));
  assertEquals(used.at(-1), 192 * 1024 + bytes.length * (1 + PIECE) - 96 * 1024);
});

Deno.test("CodedSource takes memory for coded content that waits, beyond what its decoder has for that", async () => {
  const decoder = 192 * 1024;
  const allowed = 96 * 1024;
  const [first, second, third] = [95_000, 100_000, 100_000];
  const pieces = [emptyBlocks(first), emptyBlocks(second), emptyBlocks(third)];
  assertEquals(await memoryWhileReading("deflate", pieces), [
    0,
    decoder,
    decoder + first + second + 2 * PIECE - allowed,
    decoder + first + second + third + 3 * PIECE - allowed,
  ]);
});

Deno.test("CodedSource takes none for coded content that is clear, however long", async () => {
  const coded = zlib.gzipSync("\n".repeat(420_000), { level: 0 });
  const pieces = [coded.subarray(0, 200_000), coded.subarray(200_000, 400_000)];
  assertEquals(await memoryWhileReading("gzip", pieces), [0, 192 * 1024, 192 * 1024]);
});

Deno.test("CodedSource lets a block of zstd wait in the memory of its decoder, but not of another one before or after it", async () => {
  // A frame with a window of 128 KiB, and a compressed block of as much whose end has not come.
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0, (17 - 10) << 3, 0x04, 0, 0x10];
  const frame = Uint8Array.from([...header, ...new Uint8Array(128 * 1024 - 1)]);
  const decoder = 1024 * 1024 + 128 * 1024;
  assertEquals(await memoryWhileReading("zstd", [frame]), [0, decoder]);
  const waiting = frame.length + PIECE - 96 * 1024;
  assertEquals(await memoryWhileReading("gzip, zstd", [frame]), [0, decoder + waiting]);
});
