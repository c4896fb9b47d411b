import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { decodingFor } from "../../lib/coding/decode.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import type { Source } from "../../lib/upstream/source.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

/** A source of these pieces, which ends when it is cancelled. */
class Pieces implements Source {
  readonly #pieces: Iterator<Uint8Array>;
  done = false;
  cancelled = false;

  constructor(pieces: Iterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = this.#pieces.next();
    this.done = piece.done === true;
    return Promise.resolve(piece.done === true ? undefined : new Uint8Array(piece.value));
  }

  cancel(): void {
    this.cancelled = true;
  }
}

/** A source whose pieces arrive when the test supplies them. */
class Live implements Source {
  readonly done = false;
  #given = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();

  give(bytes: Uint8Array | undefined): void {
    this.#given.resolve(bytes && new Uint8Array(bytes));
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#given.promise;
    this.#given = Promise.withResolvers();
    return bytes;
  }

  cancel(): void {
    this.give(undefined);
  }
}

function decoded(coding: string, source: Source): Source {
  const decoding = decodingFor(coding);
  if (decoding === undefined) throw new Error(`Cannot decode ${coding}`);
  return decoding(source);
}

async function readAll(source: Source): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
    assert(piece.length > 0 && piece.constructor === Uint8Array);
    pieces.push(piece.slice());
    // The caller may free a piece at once.
    piece.buffer.transfer(0);
  }
  assert(source.done);
  return join(pieces);
}

function decodeAll(coding: string, ...pieces: Uint8Array[]): Promise<Uint8Array> {
  return readAll(decoded(coding, new Pieces(pieces)));
}

async function assertFails(coding: string, pieces: Uint8Array[], message?: string): Promise<void> {
  const content = new Pieces(pieces);
  const source = decoded(coding, content);
  await assertRejects(() => readAll(source), BadResponse, message);
  assert(content.cancelled && source.done);
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

  Deno.test(`decodingFor() decodes ${coder.name}, as a whole, byte by byte and without content`, async () => {
    const coded = coder.encode(TEXT);
    for (const coding of coder.codings) assertEquals(await decodeAll(coding, coded), TEXT);
    assertEquals(await decodeAll(coding, ...Array.from(coded, (byte) => Uint8Array.of(byte))), TEXT);
    assertEquals(await decodeAll(coding, coder.encode(new Uint8Array(0))), new Uint8Array(0));
  });

  Deno.test(`decodingFor() decodes ${coder.name} of any content, split anywhere`, async () => {
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

  Deno.test(`decodingFor() returns a flushed event of ${coder.name} before the next one arrives`, async () => {
    const events = ["event: a\ndata: 1\n\n", "event: b\n\n", "x"].map(latin1);
    const coded = await flushed(coder, events);
    const live = new Live();
    const source = decoded(coding, live);
    for (let index = 0; index < events.length; index++) {
      live.give(coded[index]);
      assertEquals(fromLatin1((await source.next())!), fromLatin1(events[index]!));
    }
    const end = source.next();
    live.give(coded.at(-1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    live.give(undefined);
    assertEquals(await end, undefined);
    assert(source.done);
  });

  Deno.test(`decodingFor() fails on ${coder.name} that is truncated anywhere`, async () => {
    const coded = [coder.encode(TEXT), join(await flushed(coder, [TEXT.slice(0, 9), TEXT.slice(0, 30)]))];
    for (const whole of coded) {
      for (let length = 1; length < whole.length; length++) {
        await assertFails(coding, [whole.slice(0, length)]);
        await assertFails(
          coding,
          [whole.slice(0, length - 1), whole.slice(length - 1, length)].filter((p) => p.length > 0),
        );
      }
    }
  });

  Deno.test(`decodingFor() fails on bytes after the end of ${coder.name}`, async () => {
    const coded = coder.encode(TEXT);
    for (
      const more of [[0], [0, 0, 0], [0xff], [0x1f], [0x78, 0x9c], [0x28, 0xb5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]
    ) {
      await assertFails(coding, [Uint8Array.of(...coded, ...more)]);
      await assertFails(coding, [coded, Uint8Array.from(more)]);
    }
  });

  Deno.test(`decodingFor() fails on content that is not ${coder.name}`, async () => {
    await assertFails(coding, [latin1("<html>this is plain text</html>")]);
  });

  Deno.test(`decodingFor() stops a ${coder.name} bomb in little memory`, async () => {
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
    const source = decoded(coding, new Pieces([coded]));
    let total = 0;
    const reading = async () => {
      for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
        total += piece.length;
        assert(piece.length <= 256 * 1024, `a piece of ${piece.length} bytes`);
      }
    };
    await assertRejects(reading, BadResponse, "1,000 times");
    const expected = Math.max(limit, 1000 * coded.length);
    assert(total <= expected && total > expected - 1024 * 1024, `${total} bytes`);
  });

  Deno.test(`decodingFor() frees ${coder.name} that is cancelled midway`, async () => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    const content = new Pieces([coder.encode(join([random, random, random, random]))]);
    const source = decoded(coding, content);
    await source.next();
    source.cancel();
    assert(content.cancelled && source.done);
    assertEquals(await source.next(), undefined);
    const live = new Live();
    const waiting = decoded(coding, live);
    const pending = waiting.next();
    waiting.cancel();
    assertEquals(await pending, undefined);
  });
}

Deno.test("decodingFor() leaves uncoded content alone", async () => {
  for (const coding of ["", "identity", " , identity,"]) {
    const content = new Pieces([TEXT]);
    assert(decoded(coding, content) === content);
  }
  for (const coding of ["gzip", "deflate", "br", "zstd"]) {
    assertEquals(await decodeAll(coding), new Uint8Array(0));
  }
});

Deno.test("decodingFor() refuses unknown codings, and several in a row", () => {
  for (
    const coding of [
      "compress",
      "x-compress",
      "br2",
      "gzip, br",
      "gzip, gzip",
      "__proto__",
      "constructor",
      "*",
      "gzip;q=1",
    ]
  ) {
    assertEquals(decodingFor(coding), undefined);
  }
});

Deno.test("decodingFor() decodes gzip of several members, and zstd of several frames", async () => {
  const twice = join([TEXT, TEXT]);
  const member = zlib.gzipSync(TEXT);
  assertEquals(await decodeAll("gzip", join([member, member])), twice);
  assertEquals(await decodeAll("gzip", member, member), twice);
  const frame = zlib.zstdCompressSync(TEXT);
  const skippable = Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  assertEquals(await decodeAll("zstd", join([frame, skippable, frame])), twice);
  assertEquals(await decodeAll("zstd", frame, skippable, frame), twice);
  await assertFails("zstd", [frame, skippable.slice(0, -1)]);
  await assertFails("gzip", [member, member.slice(0, -1)]);
});

Deno.test("decodingFor() fails on zstd that needs more than the memory limit", async () => {
  // A window of 2^24 bytes and a block of one byte.
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0, (24 - 10) << 3, 1 | 1 << 3, 0, 0, 0x41];
  await assertFails("zstd", [Uint8Array.from(frame)]);
  frame[5] = (23 - 10) << 3;
  assertEquals(await decodeAll("zstd", Uint8Array.from(frame)), latin1("A"));
});

Deno.test("decodingFor() finds the end of every kind of zstd frame", async () => {
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
      `a dictionary's identifier of ${size} bytes, which says that there is none`,
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
    for (let length = 1; length < frame.length; length++) await assertFails("zstd", [frame.slice(0, length)]);
  }
  const large = crypto.getRandomValues(new Uint8Array(60_000));
  assertEquals(
    await decodeAll("zstd", zlib.zstdCompressSync(join([large, large, large, large, large]))),
    join([large, large, large, large, large]),
  );
});

Deno.test("decodingFor() passes on the failure of its source", async () => {
  const failing: Source = { done: false, next: () => Promise.reject(new TypeError("reset")), cancel() {} };
  await assertRejects(() => decoded("gzip", failing).next(), TypeError, "reset");
});
