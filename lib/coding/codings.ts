import type { Transform } from "node:stream";
import { BadResponse } from "../upstream/errors.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** One content coding. */
export interface Coding {
  /** @param first The content's first byte. */
  start(first: number): Promise<ContentDecoder>;
}

type Piece = Uint8Array<ArrayBuffer>;

/** Takes a coding off one content. */
export interface ContentDecoder {
  /** The content that the next piece brings. */
  decode(bytes: Uint8Array): AsyncGenerator<Piece, void>;
  /** The content that was not known until now, once all pieces have been. */
  end(): AsyncGenerator<Piece, void>;
  /** Gives the memory back. */
  close(): void;
}

/** The codings that the runtime can decode, by the names in RFC 9110, section 8.4.1, RFC 7932 and RFC 8878. */
export const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", { start: gzip }],
  ["x-gzip", { start: gzip }],
  ["deflate", { start: deflate }],
  ["br", { start: brotli }],
  ["zstd", { start: zstd }],
]);

/** Larger pieces than usual: each that goes on costs something. */
const OPTIONS = { chunkSize: 64 * 1024 };

/**
 * The runtime's decoders that make no more at a time than is read. (Its `DecompressionStream` makes all that a piece
 * holds, which a few bytes of brotli let grow to gigabytes; takes deflate that is cut short; and has no zstd.) They are
 * loaded when the first coded content comes: most services never see one.
 */
function zlib(): Promise<typeof import("node:zlib")> {
  return import("node:zlib");
}

async function gzip(): Promise<ContentDecoder> {
  return new ZlibDecoder((await zlib()).createGunzip(OPTIONS));
}

/**
 * RFC 9110, section 8.4.1.2: some send the deflate format without the zlib format round it. Zlib's begins with its
 * method, 8, and a window of at most 7 (RFC 1950, section 2.2), as the other does only with padding that isn't zero.
 */
async function deflate(first: number): Promise<ContentDecoder> {
  const { createInflate, createInflateRaw } = await zlib();
  const wrapped = (first & 0x0f) === 8 && first >> 4 <= 7;
  return new ZlibDecoder(wrapped ? createInflate(OPTIONS) : createInflateRaw(OPTIONS));
}

async function brotli(): Promise<ContentDecoder> {
  return new BrotliDecoder((await zlib()).createBrotliDecompress(OPTIONS));
}

/** The largest window, as a power of two: RFC 9659, section 3. A few bytes can ask for sixteen times as much memory. */
const ZSTD_WINDOW_LOG = 23;

async function zstd(): Promise<ContentDecoder> {
  const { constants, createZstdDecompress } = await zlib();
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  return new ZstdDecoder(createZstdDecompress({ ...OPTIONS, params }));
}

/** Gzip and deflate, whose decoder fails at an end where there may be none. */
class ZlibDecoder implements ContentDecoder {
  protected readonly stream: DecoderStream;

  constructor(transform: ZlibTransform) {
    this.stream = new DecoderStream(transform);
  }

  async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    const taken = yield* this.stream.write(bytes);
    if (taken < bytes.length) throw overlong();
  }

  end(): AsyncGenerator<Piece, void> {
    return this.stream.end();
  }

  close(): void {
    this.stream.close();
  }
}

/** Brotli, whose decoder takes any end for the right one, but takes no byte behind the right one. */
class BrotliDecoder extends ZlibDecoder {
  // deno-lint-ignore require-yield
  override async *end(): AsyncGenerator<Piece, void> {
    const { done, value } = await this.stream.write(new Uint8Array(1)).next();
    if (!done || value > 0) throw incomplete();
  }
}

/** Zstd, whose decoder takes any end for the right one, and one frame at a time. */
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

/** `bytesWritten`: how many bytes the decoder took of what it was given. */
type ZlibTransform = Transform & { readonly bytesWritten: number };

/** One of the runtime's decoders, whose events are turned round: it works while somebody asks. */
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

  /** @returns How many bytes it took: fewer than there are where the coding's end comes before. */
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
      // A copy: what goes on may be changed and given back, but the decoder goes on in the same memory.
      if (bytes !== null) yield new Uint8Array(bytes);
      else if (this.#failed) throw new BadResponse("content that is not in its coding");
      else if (over()) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

function incomplete(): BadResponse {
  return new BadResponse("content that ends within its coding");
}

function overlong(): BadResponse {
  return new BadResponse("content with bytes behind the end of its coding");
}
