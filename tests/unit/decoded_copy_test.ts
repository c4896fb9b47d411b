import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { codingsOf } from "../../lib/coding/content_codings.ts";
import { DecodedCopy } from "../../lib/coding/decoded_copy.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

/** A copy of content in some codings, and the budget that its decoders take from. */
function copyOf(value: string): { copy: DecodedCopy; budget: BufferBudget } {
  const codings = codingsOf(value);
  if (codings === undefined) throw new Error(`Cannot decode ${value}`);
  const budget = new BufferBudget(64 * 1024 * 1024);
  return { copy: new DecodedCopy(codings, budget.reserve()), budget };
}

/** What pieces decode to, and how many of their bytes are settled. */
async function decode(value: string, pieces: Iterable<Uint8Array>) {
  const { copy, budget } = copyOf(value);
  try {
    const out: Uint8Array[] = [];
    for (const piece of pieces) {
      for await (const part of copy.push(new Uint8Array(piece))) {
        assert(part.length > 0 && part.constructor === Uint8Array);
        out.push(part.slice());
        // The caller may free a piece at once.
        part.buffer.transfer(0);
      }
    }
    return { content: join(out), settled: copy.settled };
  } finally {
    copy.close();
    assertEquals(budget.used, 0);
  }
}

async function decodeAll(value: string, ...pieces: Uint8Array[]): Promise<Uint8Array> {
  const { content, settled } = await decode(value, pieces);
  assertEquals(settled, join(pieces).length);
  return content;
}

async function assertFails(coding: string, pieces: Uint8Array[], message?: string): Promise<void> {
  await assertRejects(() => decode(coding, pieces), BadResponse, message);
}

interface Coder {
  readonly name: string;
  readonly codings: readonly string[];
  encode(bytes: Uint8Array): Uint8Array;
  stream(): Transform;
  /** Flushes what has been written. */
  readonly flush: number;
}

const { constants } = zlib;
const CODERS: readonly Coder[] = [
  {
    name: "gzip",
    codings: ["gzip", "x-gzip", "GZip", "identity, gzip", " gzip ,"],
    encode: (bytes) => zlib.gzipSync(bytes),
    stream: () => zlib.createGzip(),
    flush: constants.Z_SYNC_FLUSH,
  },
  {
    name: "deflate",
    codings: ["deflate"],
    encode: (bytes) => zlib.deflateSync(bytes),
    stream: () => zlib.createDeflate(),
    flush: constants.Z_SYNC_FLUSH,
  },
  {
    name: "deflate without zlib's format",
    codings: ["deflate"],
    encode: (bytes) => zlib.deflateRawSync(bytes),
    stream: () => zlib.createDeflateRaw(),
    flush: constants.Z_SYNC_FLUSH,
  },
  {
    name: "br",
    codings: ["br"],
    encode: (bytes) => zlib.brotliCompressSync(bytes),
    stream: () => zlib.createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  {
    name: "zstd",
    codings: ["zstd"],
    encode: (bytes) => zlib.zstdCompressSync(bytes),
    stream: () => zlib.createZstdCompress(),
    flush: constants.ZSTD_e_flush,
  },
];

const TEXT = latin1("The quick brown fox jumps over the lazy dog. ".repeat(20) + "0123456789\xff\x00\xfe");

/** Encodes the pieces, each of them flushed. The last result is the coding's end. */
async function flushed(coder: Coder, pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const stream = coder.stream() as Transform & { flush(kind: number, done: () => void): void };
  const out: Uint8Array[] = [];
  let made: Uint8Array[] = [];
  stream.on("data", (bytes: Uint8Array) => made.push(bytes));
  const ended = new Promise((resolve) => stream.on("end", resolve));
  for (const piece of pieces) {
    stream.write(piece);
    await new Promise<void>((resolve) => stream.flush(coder.flush, resolve));
    // What was flushed is emitted in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
    out.push(join(made));
    made = [];
  }
  stream.end();
  await ended;
  return [...out, join(made)];
}

for (const coder of CODERS) {
  const coding = coder.codings[0]!;

  Deno.test(`DecodedCopy decodes ${coder.name}, as a whole, byte by byte and without content`, async () => {
    const coded = coder.encode(TEXT);
    for (const coding of coder.codings) assertEquals(await decodeAll(coding, coded), TEXT);
    assertEquals(await decodeAll(coding, ...Array.from(coded, (byte) => Uint8Array.of(byte))), TEXT);
    assertEquals(await decodeAll(coding, coder.encode(new Uint8Array(0))), new Uint8Array(0));
  });

  Deno.test(`DecodedCopy decodes ${coder.name} of any content, split anywhere`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(2100), { maxLength: 5 }),
        async (unit, times, cuts) => {
          const text = join(Array.from({ length: times }, () => unit));
          const coded = coder.encode(text);
          const places = [0, ...cuts.filter((at) => at < coded.length).sort((a, b) => a - b), coded.length];
          const pieces = places.slice(1).map((to, index) => coded.slice(places[index], to));
          assertEquals(await decodeAll(coding, ...pieces.filter((piece) => piece.length > 0)), text);
        },
      ),
      runs(40),
    );
  });

  Deno.test(`DecodedCopy returns a flushed event of ${coder.name} before the next one arrives`, async () => {
    const events = ["event: a\ndata: 1\n\n", "event: b\n\n", "x"].map(latin1);
    const coded = await flushed(coder, events);
    const { copy } = copyOf(coding);
    for (let index = 0; index < events.length; index++) {
      const parts = await Array.fromAsync(copy.push(new Uint8Array(coded[index]!)), (part) => part.slice());
      assertEquals(fromLatin1(join(parts)), fromLatin1(events[index]!));
      assertEquals(copy.settled, join(coded.slice(0, index + 1)).length);
    }
    copy.close();
  });

  Deno.test(`DecodedCopy decodes all that there is of ${coder.name} that ends anywhere`, async () => {
    const whole = join(await flushed(coder, [TEXT.slice(0, 9), TEXT.slice(0, 30)]));
    const text = fromLatin1(join([TEXT.slice(0, 9), TEXT.slice(0, 30)]));
    for (let length = 1; length < whole.length; length++) {
      const pieces = [whole.slice(0, length - 1), whole.slice(length - 1, length)];
      const { content, settled } = await decode(coding, pieces.filter((piece) => piece.length > 0));
      assert(text.startsWith(fromLatin1(content)));
      // A block of zstd that is not complete may hold what is not decoded.
      if (coder.name !== "zstd") assertEquals(settled, length);
      else assert(settled <= length && length - settled < 40);
    }
  });

  Deno.test(`DecodedCopy fails on bytes after the end of ${coder.name}, unless they are zeros`, async () => {
    const coded = coder.encode(TEXT);
    for (const more of [[0xff, 0xff], [0x78, 0x9c], [0, 0, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      await assertFails(coding, [Uint8Array.of(...coded, ...more)]);
      await assertFails(coding, [coded, Uint8Array.from(more)]);
    }
    const zeros = new Uint8Array(1000);
    if (coder.name === "zstd") return await assertFails(coding, [join([coded, zeros])]);
    for (const pieces of [[join([coded, zeros])], [coded, zeros], [coded, zeros, zeros]]) {
      assertEquals(await decodeAll(coding, ...pieces), TEXT);
    }
    // Some clients look for more after the padding.
    await assertFails(coding, [join([coded, zeros, coded])]);
    await assertFails(coding, [coded, zeros, coded]);
  });

  Deno.test(`DecodedCopy fails on content that is not ${coder.name}`, async () => {
    await assertFails(coding, [latin1("<html>this is plain text</html>")]);
  });

  Deno.test(`DecodedCopy stops a ${coder.name} bomb in little memory`, async () => {
    const limit = 64 * 1024 * 1024;
    const zeros = new Uint8Array(limit / 8);
    const stream = coder.stream();
    const made: Uint8Array[] = [];
    stream.on("data", (bytes: Uint8Array) => made.push(bytes));
    const ended = new Promise((resolve) => stream.on("end", resolve));
    for (let count = 0; count < 9; count++) await new Promise((resolve) => stream.write(zeros, resolve));
    stream.end();
    await ended;
    const coded = join(made);
    const { copy } = copyOf(coding);
    let total = 0;
    const reading = async () => {
      for await (const piece of copy.push(coded)) {
        total += piece.length;
        assert(piece.length <= 256 * 1024, `a piece of ${piece.length} bytes`);
      }
    };
    const expected = Math.max(limit, 1100 * coded.length);
    if (expected < 9 * zeros.length) {
      await assertRejects(reading, BadResponse, "1100 times");
      assert(total <= expected && total > expected - 1024 * 1024, `${total} bytes`);
    } else {
      // Deflate can't reach the limit.
      await reading();
    }
    copy.close();
  });

  Deno.test(`DecodedCopy may be closed while it decodes ${coder.name}`, async () => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    const { copy, budget } = copyOf(coding);
    for await (const _ of copy.push(new Uint8Array(coder.encode(join([random, random, random, random]))))) {
      break;
    }
    assert(budget.used > 0);
    copy.close();
    assertEquals(budget.used, 0);
  });
}

Deno.test("DecodedCopy refuses deflate that means something else without zlib's format", async () => {
  // A stored block of 65534 bytes in zlib's format; without it one of one byte, and then what that block begins with.
  const hidden = join([Uint8Array.of(1, 0, 0xfe, 0xff, 0x7a), zlib.deflateRawSync(TEXT)]);
  const head = join([Uint8Array.of(0x78, 1, 0, 0xfe, 0xff, 1, 0), hidden]);
  const coded = join([head, new Uint8Array(65_534 - hidden.length)]);
  const finishFlush = constants.Z_SYNC_FLUSH;
  assertEquals(zlib.inflateSync(coded, { finishFlush }).length, 65_534);
  assertEquals(new Uint8Array(zlib.inflateRawSync(coded, { finishFlush })).slice(2), TEXT);
  await assertFails("deflate", [coded], "in two ways");
  await assertFails(
    "deflate",
    Array.from(coded.subarray(0, 40), (byte) => Uint8Array.of(byte)),
    "in two ways",
  );
});

Deno.test("codingsOf() skips words that are no codings", async () => {
  for (
    const value of [
      "",
      "identity",
      " , identity,",
      "none",
      "UTF-8",
      "aws-chunked",
      "binary",
      "*",
      "__proto__",
      "constructor",
      "br2",
    ]
  ) assertEquals(codingsOf(value), [], value);
  for (const value of ["gzip", "aws-chunked, GZIP", "identity,gzip", "gzip;q=1", '"gzip"', " 'x-gzip' "]) {
    assertEquals(await decodeAll(value, zlib.gzipSync(TEXT)), TEXT, value);
  }
});

Deno.test("codingsOf() finds a coding in any word, under any name that clients accept", async () => {
  for (const value of ["identity gzip", "x;gzip", "application/gzip", "none\tGZIP"]) {
    assertEquals(await decodeAll(value, zlib.gzipSync(TEXT)), TEXT, value);
  }
  assertEquals(codingsOf("identity compress"), undefined);
  assertEquals(await decodeAll("x-deflate", zlib.deflateSync(TEXT)), TEXT);
  assertEquals(await decodeAll("brotli", zlib.brotliCompressSync(TEXT)), TEXT);
  assertEquals(await decodeAll("x-br", zlib.brotliCompressSync(TEXT)), TEXT);
  assertEquals(await decodeAll("x-zstd", zlib.zstdCompressSync(TEXT)), TEXT);
});

Deno.test("codingsOf() knows codings that can't be decoded, and has a limit for the others", () => {
  for (
    const value of ["compress", "X-Compress", "dcb", "gzip, aes128gcm", "exi,br", "xz", '"lzma"', "bzip2"]
  ) {
    assertEquals(codingsOf(value), undefined, value);
  }
  assertEquals(codingsOf("gzip, gzip, gzip")?.length, 3);
  assertEquals(codingsOf("gzip, gzip, gzip, gzip"), undefined);
});

Deno.test("DecodedCopy decodes several codings, the last one first", async () => {
  const gzip = zlib.gzipSync(TEXT);
  const stacks: [value: string, coded: Uint8Array][] = [
    ["gzip, br", zlib.brotliCompressSync(gzip)],
    ["br, gzip", zlib.gzipSync(zlib.brotliCompressSync(TEXT))],
    ["gzip, gzip", zlib.gzipSync(gzip)],
    ["deflate, zstd", zlib.zstdCompressSync(zlib.deflateSync(TEXT))],
    ["zstd, none, deflate", zlib.deflateSync(zlib.zstdCompressSync(TEXT))],
  ];
  for (const [value, coded] of stacks) {
    assertEquals(await decodeAll(value, coded), TEXT, value);
    assertEquals(await decodeAll(value, ...Array.from(coded, (byte) => Uint8Array.of(byte))), TEXT, value);
  }
});

Deno.test("DecodedCopy settles no byte of which something has not been decoded, in any coding, and most of the others", async () => {
  const zstd = (bytes: Uint8Array) => zlib.zstdCompressSync(bytes);
  const gzip = (bytes: Uint8Array) => zlib.gzipSync(bytes, { level: 0 });
  // Frames whose content can't be compressed, with their ends anywhere.
  const several = (encode: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array) =>
    join(
      Array.from({ length: 20 }, (_, at) =>
        encode(bytes.subarray(bytes.length * at / 20, bytes.length * (at + 1) / 20))),
    );
  const random = crypto.getRandomValues(new Uint8Array(40_000));
  const inner = several(zstd, random);
  const stacks: [value: string, coded: Uint8Array][] = [
    ["zstd, gzip", gzip(inner)],
    ["zstd, zstd", several(zstd, inner)],
    ["zstd, gzip, zstd", several(zstd, gzip(inner))],
    ["zstd, zstd, gzip", gzip(several(zstd, inner))],
    ["gzip, zstd", several(zstd, gzip(random))],
  ];
  for (const [value, coded] of stacks) {
    const codings = value.split(", ");
    const outermost = codings.at(-1)!;
    for (const size of [333, 1_500, 5_000]) {
      const { copy } = copyOf(value);
      // The same, in two steps.
      const { copy: outer } = copyOf(outermost);
      const { copy: inner } = copyOf(codings.slice(0, -1).join());
      let before = 0;
      for (let at = 0; at < coded.length; at += size) {
        const piece = new Uint8Array(coded.subarray(at, at + size));
        await Array.fromAsync(copy.push(piece));
        for await (const part of outer.push(piece)) await Array.fromAsync(inner.push(part));
        const { settled } = copy;
        const read = at + piece.length;
        assert(settled >= before && settled <= outer.settled, `${value}: ${settled} after ${before}`);
        assert(settled > read - 3 * 2_048 - 2 * size, `${value}: ${settled} of ${read}`);
        const layer = settled === 0 ? [] : (await decode(outermost, [coded.subarray(0, settled)])).content;
        assert(layer.length <= inner.settled, `${value}: ${layer.length}, but only ${inner.settled} are`);
        before = settled;
      }
      assertEquals(before, coded.length);
      for (const each of [copy, outer, inner]) each.close();
    }
  }
});

Deno.test("DecodedCopy decodes gzip of several members, and zstd of several frames", async () => {
  const twice = join([TEXT, TEXT]);
  const member = zlib.gzipSync(TEXT);
  assertEquals(await decodeAll("gzip", join([member, member])), twice);
  assertEquals(await decodeAll("gzip", member, member), twice);
  const frame = zlib.zstdCompressSync(TEXT);
  const skippable = Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  assertEquals(await decodeAll("zstd", join([frame, skippable, frame])), twice);
  assertEquals(await decodeAll("zstd", frame, skippable, frame), twice);
  const { settled } = await decode("zstd", [frame, skippable.slice(0, -1)]);
  assertEquals(settled, frame.length + 4);
});

Deno.test("DecodedCopy fails on zstd that needs more than the memory limit", async () => {
  // A window of 2^24 bytes and a block of one byte.
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0, (24 - 10) << 3, 1 | 1 << 3, 0, 0, 0x41];
  await assertFails("zstd", [Uint8Array.from(frame)]);
  // It is the content's fault, whatever room there is.
  const copy = new DecodedCopy(codingsOf("zstd")!, new BufferBudget(10 * 1024 * 1024).reserve());
  await assertRejects(() => Array.fromAsync(copy.push(Uint8Array.from(frame))), BadResponse);
  copy.close();
  frame[5] = (23 - 10) << 3;
  assertEquals(await decodeAll("zstd", Uint8Array.from(frame)), latin1("A"));
});

Deno.test("DecodedCopy finds the end of every kind of zstd frame", async () => {
  const zstd = [0x28, 0xb5, 0x2f, 0xfd];
  const window = (17 - 10) << 3;
  const frames: [name: string, frame: Uint8Array, text: Uint8Array][] = [
    ["a checksum", zlib.zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), TEXT],
    ["no content", Uint8Array.of(...zstd, 0, window, 1, 0, 0), latin1("")],
    ["a size of 1 byte", Uint8Array.of(...zstd, 0x20, 2, 2 << 3 | 1, 0, 0, 0x41, 0x42), latin1("AB")],
    ["a repeated byte", Uint8Array.of(...zstd, 0x20, 9, 9 << 3 | 3, 0, 0, 0x41), latin1("A".repeat(9))],
    [
      "a size of 4 bytes",
      Uint8Array.of(...zstd, 0x80, window, 1, 0, 0, 0, 1 << 3 | 1, 0, 0, 0x41),
      latin1("A"),
    ],
    [
      "a size of 8 bytes",
      Uint8Array.of(...zstd, 0xe0, 1, 0, 0, 0, 0, 0, 0, 0, 1 << 3 | 1, 0, 0, 0x41),
      latin1("A"),
    ],
    ...[1, 2, 4].map((size, at): [string, Uint8Array, Uint8Array] => [
      `a dictionary's identifier of ${size} bytes, which names no dictionary`,
      Uint8Array.of(...zstd, at + 1, window, ...Array(size).fill(0), 1 << 3 | 1, 0, 0, 0x41),
      latin1("A"),
    ]),
    [
      "two blocks",
      Uint8Array.of(...zstd, 0, window, 1 << 3, 0, 0, 0x41, 3 << 3 | 3, 0, 0, 0x42),
      latin1("ABBB"),
    ],
  ];
  for (const [name, frame, text] of frames) {
    assertEquals(await decodeAll("zstd", frame), text, name);
    assertEquals(await decodeAll("zstd", join([frame, frame])), join([text, text]), name);
    assertEquals(await decodeAll("zstd", ...Array.from(frame, (byte) => Uint8Array.of(byte))), text, name);
  }
  const large = crypto.getRandomValues(new Uint8Array(60_000));
  assertEquals(
    await decodeAll("zstd", zlib.zstdCompressSync(join([large, large, large, large, large]))),
    join([large, large, large, large, large]),
  );
});

/** A frame of zstd in a format from before RFC 8878, with a window of 128 MiB and 16 blocks of 128 KiB of one letter. */
const OLD_FRAME = Uint8Array.from([
  ...[0x27, 0xb5, 0x2f, 0xfd, 0, 17 << 3],
  ...Array(16).fill([0, 0, 5, 0xf1, 0xff, 0xff, 0x41, 0]).flat(),
  ...[0xc0, 0, 0],
]);

Deno.test("DecodedCopy refuses zstd in the formats from before RFC 8878 before a decoder sees it, which would take memory for any window", async () => {
  // Otherwise there would be nothing to refuse.
  assertEquals(zlib.zstdDecompressSync(OLD_FRAME).length, 16 * 131_071);
  const refusal = "something else than a frame of RFC 8878";
  const frame = zlib.zstdCompressSync(TEXT);
  const skippable = Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  for (const first of [0x1e, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27]) {
    const old = join([Uint8Array.of(first), OLD_FRAME.subarray(1)]);
    await assertFails("zstd", [old], refusal);
    for (const before of [frame, skippable, join([frame, frame])]) {
      await assertFails("zstd", [join([before, old])], refusal);
      await assertFails("zstd", [before, old], refusal);
      // A decoder that has started knows that such bytes begin no frame.
      await assertFails("zstd", [before, ...Array.from(old, (byte) => Uint8Array.of(byte))]);
    }
    const { copy, budget } = copyOf("zstd");
    for (const at of [0, 1, 2]) await Array.fromAsync(copy.push(old.slice(at, at + 1)));
    await assertRejects(() => Array.fromAsync(copy.push(old.slice(3, 4))), BadResponse, refusal);
    assertEquals(budget.used, 0);
    copy.close();
  }
});

Deno.test("DecodedCopy lets others have their turn between frames of zstd", async () => {
  const tiny = {
    "without content": [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0],
    "of one byte": [0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 0x20],
    "that are skipped": [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0],
  };
  for (const [name, frame] of Object.entries(tiny)) {
    const { copy } = copyOf("zstd");
    let turns = 0;
    let over = false;
    const others = (async () => {
      for (; !over; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    let length = 0;
    for await (const piece of copy.push(Uint8Array.from(Array(10_000).fill(frame).flat()))) {
      length += piece.length;
    }
    over = true;
    await others;
    copy.close();
    assertEquals(length, name === "of one byte" ? 10_000 : 0);
    // The frames take tens of milliseconds, and a share is one.
    assert(turns > 5, `${turns} turns beside frames ${name}`);
  }
});

/** Sends the first bytes of content, and returns what a decoder takes of the budget then. */
async function memoryOf(coding: string, bytes: Uint8Array): Promise<number> {
  const { copy, budget } = copyOf(coding);
  for await (const _ of copy.push(new Uint8Array(bytes)));
  const { used } = budget;
  copy.close();
  return used;
}

Deno.test("DecodedCopy takes the memory that the content's window needs", async () => {
  const overhead = 1024 * 1024;
  for (const windowLog of [10, 15, 16, 17, 18, 22, 23]) {
    const params = { [constants.BROTLI_PARAM_LGWIN]: windowLog };
    const coded = zlib.brotliCompressSync(TEXT, { params });
    assertEquals(await memoryOf("br", coded.subarray(0, 1)), 3.5 * overhead + 2 ** windowLog, `${windowLog}`);
  }
  const zstd = [0x28, 0xb5, 0x2f, 0xfd];
  assertEquals(await memoryOf("zstd", Uint8Array.of(...zstd, 0, (21 - 10) << 3)), overhead + 2 ** 21);
  assertEquals(
    await memoryOf("zstd", Uint8Array.of(...zstd, 0, (21 - 10) << 3 | 4)),
    overhead + 1.5 * 2 ** 21,
  );
  assertEquals(await memoryOf("zstd", Uint8Array.of(...zstd, 0x20, 200)), overhead + 200);
  assertEquals(await memoryOf("zstd", Uint8Array.of(...zstd, 0x60, 0, 1)), overhead + 512);
  assertEquals(await memoryOf("zstd", Uint8Array.of(...zstd, 0xa0, 0, 0, 1, 0)), overhead + 65_536);
  // A window of a kibibyte, and then one of two mebibytes.
  const small = [...zstd, 0, 0, 1, 0, 0];
  assertEquals(await memoryOf("zstd", Uint8Array.from(small)), overhead + 1024);
  assertEquals(
    await memoryOf("zstd", Uint8Array.of(...small, ...zstd, 0, (21 - 10) << 3)),
    overhead + 2 ** 21,
  );
  const deflated = { gzip: zlib.gzipSync(TEXT), deflate: zlib.deflateSync(TEXT) };
  for (const [coding, coded] of Object.entries(deflated)) {
    assertEquals(await memoryOf(coding, coded), 192 * 1024);
  }
});

Deno.test("DecodedCopy refuses brotli with a window over 8 MiB by its first byte", async () => {
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24 };
  await assertFails("br", [zlib.brotliCompressSync(TEXT, { params }).subarray(0, 1)], "over 8 MiB");
  const large = { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 26 };
  await assertFails("br", [zlib.brotliCompressSync(TEXT, { params: large }).subarray(0, 1)], "over 8 MiB");
});

Deno.test("DecodedCopy refuses zstd with a window over 8 MiB by its header, however little memory there is", async () => {
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0];
  await assertFails(
    "zstd",
    [Uint8Array.of(...header, (24 - 10) << 3)],
    "zstd content with a window over 8 MiB",
  );
  await assertFails("zstd", [Uint8Array.of(...header, (23 - 10) << 3 | 1)], "over 8 MiB");
});

Deno.test("DecodedCopy waits for the memory of a zstd window together with the rest, however its header arrives", async () => {
  const content = Uint8Array.of(3 << 3 | 3, 0, 0, 0x41);
  const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (21 - 10) << 3);
  // The parallel encoder begins with such a frame.
  const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4);
  for (const beginning of [header, join([skippable, header])]) {
    for (const pieces of [[beginning], Array.from(beginning, (byte) => Uint8Array.of(byte))]) {
      const budget = new BufferBudget(4 * 1024 * 1024);
      budget.take(2 * 1024 * 1024);
      const copy = new DecodedCopy(codingsOf("zstd")!, budget.reserve());
      const [last, ...first] = pieces.toReversed();
      for (const piece of first.toReversed()) {
        const bytes = new Uint8Array(piece);
        await Array.fromAsync(copy.push(bytes));
        // The caller may use its memory for something else.
        bytes.fill(0xff);
      }
      const decoding = Array.fromAsync(copy.push(new Uint8Array(last!)));
      await new Promise((resolve) => setTimeout(resolve, 10));
      assertEquals(budget.reserved, 0);
      budget.free(2 * 1024 * 1024);
      await decoding;
      assertEquals(budget.reserved, 3 * 1024 * 1024);
      assertEquals(await Array.fromAsync(copy.push(content), fromLatin1), ["AAA"]);
      copy.close();
    }
  }
});

Deno.test("DecodedCopy keeps no more than 64 bytes of zstd without memory for a decoder", async () => {
  const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 100, 0, 0, 0);
  const { copy, budget } = copyOf("zstd");
  await Array.fromAsync(copy.push(join([skippable, new Uint8Array(55)])));
  assertEquals(budget.used, 0);
  await Array.fromAsync(copy.push(new Uint8Array(1)));
  assertEquals(budget.used, 1024 * 1024);
  const frame = zlib.zstdCompressSync(TEXT);
  assertEquals(join(await Array.fromAsync(copy.push(join([new Uint8Array(44), frame])))), TEXT);
  assertEquals(copy.settled, 108 + frame.length);
  copy.close();
});

Deno.test("DecodedCopy is refused where the budget has no room in time", async () => {
  const budget = new BufferBudget(4.5 * 1024 * 1024 + 192 * 1024 - 1, () => 1, 10);
  const first = new DecodedCopy(codingsOf("gzip")!, budget.reserve());
  await Array.fromAsync(first.push(new Uint8Array(zlib.gzipSync(TEXT))));
  const params = { [constants.BROTLI_PARAM_LGWIN]: 20 };
  const second = new DecodedCopy(codingsOf("br")!, budget.reserve());
  const coded = new Uint8Array(zlib.brotliCompressSync(TEXT, { params }));
  assertEquals((await assertRejects(() => Array.fromAsync(second.push(coded)), Refusal)).code, "overloaded");
  first.close();
  await Array.fromAsync(second.push(coded));
  second.close();
  assertEquals(budget.used, 0);
});
