import type { Transform } from "node:stream";
import { BadResponse } from "../upstream/response_head.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** Content, as it comes. */
export interface Source {
  /** Whether all of it has been handed on. */
  readonly done: boolean;
  /** The next bytes, at least one, or undefined at the end. Only one call at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Gives the rest up. */
  cancel(): void;
}

/** Content without its coding. */
export type Decoding = (coded: Source) => Source;

/**
 * How to take a coding off content, so that it can be masked: RFC 9110, section 8.4.1. What the upstream flushed comes
 * out at once.
 *
 * A source that it makes fails with a `BadResponse` where the content isn't in the coding, ends within it or has more
 * behind its end, and where it becomes far too large.
 *
 * @param codings The value of Content-Encoding.
 * @returns Undefined for a coding that is unknown, and for several in a row, which nobody uses.
 */
export function decodingFor(codings: string): Decoding | undefined {
  const [coding, ...others] = codings.toLowerCase().split(",").map((name) => name.trim()).filter(isCoding);
  if (coding === undefined) return (source) => source;
  const engine = ENGINES.get(coding);
  if (engine === undefined || others.length > 0) return undefined;
  return (source) => new Decoded(source, engine);
}

/** `identity` says that there is none, and lists may have empty members: RFC 9110, sections 12.5.3 and 5.6.1. */
function isCoding(name: string): boolean {
  return name !== "" && name !== "identity";
}

/**
 * Content that becomes larger than both is a bomb: the agent's client would have decoded it with limits of its own,
 * but doesn't expect that from plain content.
 */
const LARGEST_GROWTH = 1000;
const ALWAYS_ALLOWED = 64 * 1024 * 1024;

/**
 * The largest window, as a power of two: RFC 9659, section 3. Without a limit a few bytes make the decoder take
 * 128 MiB.
 */
const ZSTD_WINDOW_LOG = 23;

/** Pieces of that size come out of a decoder. */
const CHUNK_SIZE = 64 * 1024;

type Zlib = typeof import("node:zlib");

/**
 * The decoder fails at a wrong end; or takes any end, but no byte behind the right one; or takes any end and fails at any
 * byte behind, so that the frames have to be followed.
 */
type End = "told" | "probed" | "framed";

/** The runtime's decoders (its own `DecompressionStream` misses a deflate stream that is cut short, and has no zstd). */
interface Engine {
  /** @param first The content's first byte. */
  create(zlib: Zlib, first: number): Transform & { readonly bytesWritten: number };
  /** How to know whether content may end where it does, as not every decoder fails where it may not. */
  readonly end: End;
}

const ENGINES: ReadonlyMap<string, Engine> = new Map<string, Engine>([
  ["gzip", { create: (zlib) => zlib.createGunzip({ chunkSize: CHUNK_SIZE }), end: "told" }],
  // RFC 9110, section 8.4.1.3: "x-gzip" is the same.
  ["x-gzip", { create: (zlib) => zlib.createGunzip({ chunkSize: CHUNK_SIZE }), end: "told" }],
  ["deflate", { create: inflate, end: "told" }],
  ["br", { create: (zlib) => zlib.createBrotliDecompress({ chunkSize: CHUNK_SIZE }), end: "probed" }],
  ["zstd", { create: unzstd, end: "framed" }],
]);

/**
 * RFC 9110, section 8.4.1.2: some send the deflate format without the zlib format round it. Zlib's begins with its
 * method, 8, and a window of at most 7 (RFC 1950, section 2.2); so would the other only with padding that isn't zero.
 */
function inflate(zlib: Zlib, first: number) {
  const wrapped = (first & 0x0f) === 8 && first >> 4 <= 7;
  return wrapped
    ? zlib.createInflate({ chunkSize: CHUNK_SIZE })
    : zlib.createInflateRaw({ chunkSize: CHUNK_SIZE });
}

function unzstd(zlib: Zlib) {
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  return zlib.createZstdDecompress({ chunkSize: CHUNK_SIZE, params });
}

class Decoded implements Source {
  readonly #source: Source;
  readonly #engine: Engine;
  readonly #frames: ZstdFrames | undefined;
  #decoder: ReturnType<Engine["create"]> | undefined;
  /** Of the last piece, what the decoder has not taken. */
  #rest = NOTHING;
  /** How many bytes came, and how many were made of them. */
  #read = 0;
  #made = 0;
  #writing = false;
  /** All has been read. */
  #ending = false;
  #ended = false;
  #failed = false;
  #wake = () => {};
  done = false;

  constructor(source: Source, engine: Engine) {
    this.#source = source;
    this.#engine = engine;
    if (engine.end === "framed") this.#frames = new ZstdFrames();
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      while (!this.done) {
        const bytes = this.#take();
        if (bytes !== undefined) return bytes;
        if (this.#failed) throw new BadResponse("content that is not in its coding");
        if (this.#ended) this.#close();
        else if (this.#writing || this.#ending) await this.#event();
        else if (this.#rest.length > 0) this.#write(this.#rest);
        else await this.#feed();
      }
      return undefined;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  cancel(): void {
    if (this.done) return;
    this.#close();
    this.#source.cancel();
    this.#wake();
  }

  #close(): void {
    this.done = true;
    this.#decoder?.destroy();
  }

  /** What the decoder has made by now. */
  #take(): Uint8Array | undefined {
    const bytes: Uint8Array | null = this.#decoder?.read() ?? null;
    if (bytes === null) return undefined;
    if (this.#ending && this.#engine.end === "probed") throw cutShort();
    this.#made += bytes.length;
    if (this.#made > ALWAYS_ALLOWED && this.#made > LARGEST_GROWTH * this.#read) {
      throw new BadResponse("content that is over 1,000 times as large without its coding");
    }
    // Not as the decoder's own kind of array: that one's `slice` makes no copy.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Gives the next piece, or the end, to the decoder. */
  async #feed(): Promise<void> {
    const bytes = await this.#source.next();
    if (this.done) return;
    if (bytes === undefined) return this.#end();
    this.#read += bytes.length;
    this.#frames?.read(bytes);
    // Loaded once the first such reply comes: few services ever see one.
    this.#decoder ??= this.#start(await import("node:zlib"), bytes[0]!);
    if (this.done) this.#close();
    else this.#write(bytes);
  }

  #start(zlib: Zlib, first: number): ReturnType<Engine["create"]> {
    const decoder = this.#engine.create(zlib, first);
    decoder.on("readable", () => this.#wake());
    decoder.on("end", () => this.#happened(() => this.#ended = true));
    decoder.on("error", () => this.#happened(() => this.#failed = true));
    return decoder;
  }

  #write(bytes: Uint8Array): void {
    const decoder = this.#decoder!;
    const before = decoder.bytesWritten;
    this.#writing = true;
    decoder.write(bytes, () =>
      this.#happened(() => {
        this.#writing = false;
        const taken = decoder.bytesWritten - before;
        this.#rest = bytes.subarray(taken);
        if (this.#ending) this.#ended = taken === 0;
        // Frames may follow one another; behind all else there must be nothing.
        if (taken < bytes.length) {}
      }));
  }

  #end(): void {
    this.#ending = true;
    // Some mark content without a byte, which is in no coding, all the same.
    if (this.#decoder === undefined) this.#ended = true;
  }

  #event(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
