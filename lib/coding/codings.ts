import type { Transform } from "node:stream";
import { BadResponse } from "../upstream/errors.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** A content coding. */
export interface Coding {
  /** Creates a decoder for one response. @param first The content's first byte. */
  start(first: number): Promise<ContentDecoder>;
}

type Piece = Uint8Array<ArrayBuffer>;

/** A decoder of one response's content. */
export interface ContentDecoder {
  /** Decodes the next piece. */
  decode(bytes: Uint8Array): AsyncGenerator<Piece, void>;
  /** Decodes the rest after the last piece. @throws {BadResponse} If the content is incomplete. */
  end(): AsyncGenerator<Piece, void>;
  /** Frees the decoder's memory. */
  close(): void;
}

/** The codings that the runtime can decode, by their names in RFC 9110, section 8.4.1, RFC 7932 and RFC 8878. */
export const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", { start: gzip }],
  ["x-gzip", { start: gzip }],
  ["deflate", { start: deflate }],
  ["br", { start: brotli }],
  ["zstd", { start: zstd }],
]);

/** Larger pieces than the default, since each piece has a fixed cost. */
const OPTIONS = { chunkSize: 64 * 1024 };

/**
 * Loads the runtime's decoders that produce only as much as is read, on the first coded response: most instances never
 * receive one. (`DecompressionStream` decodes a whole piece at once, and a few bytes of brotli can become gigabytes; it
 * accepts incomplete deflate; and it does not support zstd.)
 */
function zlib(): Promise<typeof import("node:zlib")> {
  return import("node:zlib");
}

async function gzip(): Promise<ContentDecoder> {
  return new ZlibDecoder((await zlib()).createGunzip(OPTIONS));
}

/**
 * Creates a decoder of deflate, with or without the zlib wrapper, which some servers omit: RFC 9110, section 8.4.1.2. The
 * zlib format begins with its method, 8, and a window of at most 7 (RFC 1950, section 2.2); raw deflate does so only if
 * its padding is not zero.
 */
async function deflate(first: number): Promise<ContentDecoder> {
  const { createInflate, createInflateRaw } = await zlib();
  const wrapped = (first & 0x0f) === 8 && first >> 4 <= 7;
  return new ZlibDecoder(wrapped ? createInflate(OPTIONS) : createInflateRaw(OPTIONS));
}

async function brotli(): Promise<ContentDecoder> {
  return new BrotliDecoder((await zlib()).createBrotliDecompress(OPTIONS));
}

/** The maximum window as a power of two: RFC 9659, section 3. Otherwise a few bytes could allocate 16 times as much. */
const ZSTD_WINDOW_LOG = 23;

async function zstd(): Promise<ContentDecoder> {
  const { constants, createZstdDecompress } = await zlib();
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  return new ZstdDecoder(createZstdDecompress({ ...OPTIONS, params }));
}

/** A decoder of gzip and deflate, which fails on incomplete content. */
class ZlibDecoder implements ContentDecoder {
  protected readonly stream: DecoderStream;

  constructor(transform: ZlibTransform) {
    this.stream = new DecoderStream(transform);
  }

  async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    const consumed = yield* this.stream.write(bytes);
    if (consumed < bytes.length) throw overlong();
  }

  end(): AsyncGenerator<Piece, void> {
    return this.stream.end();
  }

  close(): void {
    this.stream.close();
  }
}

/** A decoder of Brotli. The runtime's accepts incomplete content, but consumes no byte after the real end. */
class BrotliDecoder extends ZlibDecoder {
  // deno-lint-ignore require-yield
  override async *end(): AsyncGenerator<Piece, void> {
    const { done, value } = await this.stream.write(new Uint8Array(1)).next();
    if (!done || value > 0) throw incomplete();
  }
}

/** A decoder of zstd. The runtime's accepts incomplete content, and decodes one frame at a time. */
class ZstdDecoder extends ZlibDecoder {
  readonly #frames = new ZstdFrames();

  override async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    for (let at = 0; at < bytes.length;) {
      const end = at + this.#frames.read(bytes.subarray(at));
      yield* super.decode(bytes.subarray(at, end));
      at = end;
    }
  }

  // deno-lint-ignore require-yield
  override async *end(): AsyncGenerator<Piece, void> {
    if (!this.#frames.atEnd) throw incomplete();
  }
}

/** A decoder of the runtime; `bytesWritten` is the number of bytes that it has consumed. */
type ZlibTransform = Transform & { readonly bytesWritten: number };

/** An adapter from the events of a runtime's decoder to generators, so that it decodes only as much as is read. */
class DecoderStream {
  readonly #transform: ZlibTransform;
  #ended = false;
  #failed = false;
  #wake = () => {};

  constructor(transform: ZlibTransform) {
    this.#transform = transform;
    transform.on("readable", () => this.#wake());
    transform.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    transform.on("error", () => {
      this.#failed = true;
      this.#wake();
    });
  }

  /** Decodes bytes. @returns How many were consumed: fewer than given if the coded content ends within them. */
  async *write(bytes: Uint8Array): AsyncGenerator<Piece, number> {
    const before = this.#transform.bytesWritten;
    let written = false;
    this.#transform.write(bytes, (error) => {
      written = true;
      if (error) this.#failed = true;
      this.#wake();
    });
    yield* this.#until(() => written);
    return this.#transform.bytesWritten - before;
  }

  async *end(): AsyncGenerator<Piece, void> {
    this.#transform.end();
    yield* this.#until(() => this.#ended);
  }

  close(): void {
    this.#transform.destroy();
  }

  async *#until(over: () => boolean): AsyncGenerator<Piece, void> {
    for (;;) {
      const bytes: Uint8Array | null = this.#transform.read();
      // A copy: the caller may modify or free it, but the decoder still uses the original's memory.
      if (bytes !== null) yield new Uint8Array(bytes);
      else if (this.#failed) throw new BadResponse("content does not match its coding");
      else if (over()) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

function incomplete(): BadResponse {
  return new BadResponse("coded content is incomplete");
}

function overlong(): BadResponse {
  return new BadResponse("bytes after the end of the coded content");
}
