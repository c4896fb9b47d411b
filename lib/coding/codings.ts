import type { Transform } from "node:stream";
import { fairTurn } from "../core/fair_turn.ts";
import { freeMemory } from "../core/free_memory.ts";
import type { Reservation } from "../upstream/buffer_budget.ts";
import { BadResponse } from "../upstream/errors.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** A content coding. */
export interface Coding {
  /**
   * Creates a decoder for one response.
   *
   * @param bytes The first bytes of the content, at least one.
   * @param memory What the decoder's memory is taken from, as soon as there is room and enough bytes are there to know how
   *   much it is.
   * @throws {Refusal} `overloaded` if there is no room in time.
   * @throws {BadResponse} If the content needs too much memory.
   */
  readonly start: (bytes: Uint8Array, memory: Reservation) => Promise<ContentDecoder>;
  /** How much coded content may wait until what it holds is clear, within that memory, in bytes. */
  readonly waiting: number;
}

type Piece = Uint8Array<ArrayBuffer>;

/** A decoder of one response's content, which may be incomplete. */
export interface ContentDecoder {
  /**
   * Decodes the next piece.
   *
   * @throws {BadResponse} If the content is invalid, or other bytes than zeros follow it.
   * @throws {Refusal} `overloaded` if there is no memory in time.
   */
  decode(bytes: Uint8Array): AsyncGenerator<Piece, void>;
  /** The number of bytes at the end of those read of which not everything has been decoded. */
  readonly unsettled: number;
  /** Frees the decoder's memory. */
  close(): void;
}

/**
 * How much coded content usually waits at most, in bytes: a piece for the next one, because of what it ends in, and what
 * came early is longer than others.
 */
const WAITING = 96 * 1024;

/** How long a block of zstd may be, in bytes: RFC 8878, section 3.1.1.2.3. Nothing of it is decoded before its end. */
const ZSTD_BLOCK = 128 * 1024;

/**
 * The codings that the runtime can decode, by their names in RFC 9110, section 8.4.1, RFC 7932 and RFC 8878, and by others
 * that some clients accept.
 */
export const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", { start: gzip, waiting: WAITING }],
  ["x-gzip", { start: gzip, waiting: WAITING }],
  ["deflate", { start: deflate, waiting: WAITING }],
  ["x-deflate", { start: deflate, waiting: WAITING }],
  ["br", { start: brotli, waiting: WAITING }],
  ["x-br", { start: brotli, waiting: WAITING }],
  ["brotli", { start: brotli, waiting: WAITING }],
  ["zstd", { start: zstd, waiting: ZSTD_BLOCK + WAITING }],
  ["x-zstd", { start: zstd, waiting: ZSTD_BLOCK + WAITING }],
]);

/** The size of what a decoder writes into, in bytes: larger than the default, since each piece has a fixed cost. */
const CHUNK_SIZE = 32 * 1024;
const OPTIONS = { chunkSize: CHUNK_SIZE };

/**
 * Loads the runtime's decoders that produce only as much as is read, on the first coded response: most instances never
 * receive one. (`DecompressionStream` decodes a whole piece at once, and a few bytes of brotli can become gigabytes; it
 * accepts incomplete deflate; and it does not support zstd.)
 */
function zlib(): Promise<typeof import("node:zlib")> {
  return import("node:zlib");
}

/**
 * The memory that a decoder needs, in bytes: its state, what it writes into, and the coded content that waits; of zstd and
 * brotli without the window. It is what was measured, with some to spare: of brotli with 256 block types and trees of each
 * kind, which a kilobyte can ask for.
 */
const DEFLATE = 192 * 1024;
const ZSTD = 1024 * 1024;
const BROTLI = 3.5 * 1024 * 1024;

async function gzip(_bytes: Uint8Array, memory: Reservation): Promise<ContentDecoder> {
  await memory.growInTurn(DEFLATE);
  return new ZlibDecoder((await zlib()).createGunzip(OPTIONS));
}

/**
 * Creates a decoder of deflate, with or without the zlib wrapper, which some servers omit: RFC 9110, section 8.4.1.2. The
 * zlib format begins with its method, 8, and a window of at most 7 (RFC 1950, section 2.2); raw deflate does so only if
 * its padding is not zero.
 */
async function deflate([first = 0]: Uint8Array, memory: Reservation): Promise<ContentDecoder> {
  await memory.growInTurn(DEFLATE);
  const { createInflate, createInflateRaw } = await zlib();
  const wrapped = (first & 0x0f) === 8 && first >> 4 <= 7;
  return wrapped
    ? new WrappedDeflateDecoder(createInflate(OPTIONS))
    : new ZlibDecoder(createInflateRaw(OPTIONS));
}

/** The maximum window as a power of two: RFC 9659, section 3. Otherwise a few bytes could allocate 16 times as much. */
const WINDOW_LOG = 23;

async function brotli([first = 0]: Uint8Array, memory: Reservation): Promise<ContentDecoder> {
  const windowLog = brotliWindowLog(first);
  if (windowLog > WINDOW_LOG) throw new BadResponse("brotli content with a window over 8 MiB");
  await memory.growInTurn(BROTLI + 2 ** windowLog);
  return new ZlibDecoder((await zlib()).createBrotliDecompress(OPTIONS));
}

/** Returns the window's size as a power of two: RFC 7932, section 9.1. A large window has a size that the first byte does not tell. */
function brotliWindowLog(first: number): number {
  if ((first & 1) === 0) return 16;
  const [high, low] = [first >> 1 & 7, first >> 4 & 7];
  if (high > 0) return 17 + high;
  return low === 0 ? 17 : low === 1 ? Infinity : 8 + low;
}

function zstd(_bytes: Uint8Array, memory: Reservation): Promise<ContentDecoder> {
  return Promise.resolve(new ZstdDecoder(memory));
}

/** A decoder of gzip, deflate and brotli. These decode every byte at once as far as it goes. */
class ZlibDecoder implements ContentDecoder {
  readonly #stream: DecoderStream;
  /** Whether the end of the content has been seen. */
  #ended = false;

  constructor(transform: ZlibTransform) {
    this.#stream = new DecoderStream(transform);
  }

  get unsettled(): number {
    return 0;
  }

  async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    const consumed = this.#ended ? 0 : yield* this.#stream.write(bytes);
    if (consumed === bytes.length) return;
    this.#ended = true;
    // Files are padded with zeros where they were on tapes, and clients skip those. Some go on decoding after them.
    if (bytes.subarray(consumed).some((byte) => byte !== 0)) throw overlong();
  }

  close(): void {
    this.#stream.close();
  }
}

/**
 * A decoder of deflate in zlib's format. To a client that expects none, its first byte begins a stored block (RFC 1951,
 * section 3.2.4): where a length and its complement follow, that client may read something else than what is decoded here.
 */
class WrappedDeflateDecoder extends ZlibDecoder {
  readonly #first: number[] = [];

  override async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    if (this.#first.length < 5) {
      this.#first.push(...bytes.subarray(0, 5 - this.#first.length));
      const [, low, high, notLow, notHigh] = this.#first;
      if (notHigh !== undefined && (low! ^ notLow!) === 0xff && (high! ^ notHigh) === 0xff) {
        throw new BadResponse("deflate that can be read in two ways");
      }
    }
    yield* super.decode(bytes);
  }
}

/**
 * How many bytes are kept until the first window is known, so that its memory is waited for together with the rest: enough
 * for the longest header, and for the skippable frame that some encoders begin with.
 */
const ZSTD_BEGINNING = 64;

/** A decoder of zstd. The runtime's decodes one frame at a time, and a block only when all of it has arrived. */
class ZstdDecoder implements ContentDecoder {
  readonly #frames = new ZstdFrames();
  readonly #memory: Reservation;
  /** The window whose memory has been taken, in bytes. */
  #window = 0;
  /** What came before there was a decoder: whole frames and the beginning of one. */
  readonly #beginning: Uint8Array[] = [];
  #length = 0;
  #decoder: ZlibDecoder | undefined;
  #isClosed = false;

  constructor(memory: Reservation) {
    this.#memory = memory;
  }

  get unsettled(): number {
    return this.#frames.unfinished;
  }

  async *decode(bytes: Uint8Array): AsyncGenerator<Piece, void> {
    for (let at = 0; at < bytes.length;) {
      // A frame may be tiny, and takes as long as others do.
      const turn = fairTurn(performance.now());
      if (turn !== undefined) await turn;
      const end = at + this.#frames.read(bytes.subarray(at));
      yield* this.#decode(bytes.subarray(at, end));
      at = end;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#decoder?.close();
  }

  /** Decodes a part that does not go beyond the end of a frame. */
  async *#decode(part: Uint8Array): AsyncGenerator<Piece, void> {
    if (this.#decoder !== undefined) {
      // Before the decoder allocates it.
      this.#memory.grow(this.#raiseWindow());
    } else if (this.#frames.window === undefined && this.#length + part.length < ZSTD_BEGINNING) {
      this.#beginning.push(part.slice());
      this.#length += part.length;
      return;
    }
    this.#decoder ??= await this.#start();
    for (const kept of this.#beginning.splice(0)) yield* this.#decoder.decode(kept);
    yield* this.#decoder.decode(part);
  }

  async #start(): Promise<ZlibDecoder> {
    await this.#memory.growInTurn(ZSTD + this.#raiseWindow());
    const { constants, createZstdDecompress } = await zlib();
    const params = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG };
    const decoder = new ZlibDecoder(createZstdDecompress({ ...OPTIONS, params }));
    if (this.#isClosed) decoder.close();
    return decoder;
  }

  /**
   * Raises the window to what the frames need. Returns by how much, in bytes.
   *
   * @throws {BadResponse} If it is larger than the decoder accepts.
   */
  #raiseWindow(): number {
    const before = this.#window;
    this.#window = Math.max(before, this.#frames.window ?? 0);
    if (this.#window > 2 ** WINDOW_LOG) throw new BadResponse("zstd content with a window over 8 MiB");
    return this.#window - before;
  }
}

/** A decoder of the runtime; `bytesWritten` is the number of bytes that it has consumed. */
type ZlibTransform = Transform & { readonly bytesWritten: number };

/** An adapter from the events of a runtime's decoder to generators, so that it decodes only as much as is read. */
class DecoderStream {
  readonly #transform: ZlibTransform;
  #failed = false;
  #wake = () => {};

  constructor(transform: ZlibTransform) {
    this.#transform = transform;
    transform.on("readable", () => this.#wake());
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

  close(): void {
    this.#transform.destroy();
  }

  async *#until(over: () => boolean): AsyncGenerator<Piece, void> {
    for (;;) {
      const bytes: Uint8Array<ArrayBuffer> | null = this.#transform.read();
      if (bytes !== null) yield ownPiece(bytes);
      else if (this.#failed) throw new BadResponse("content does not match its coding");
      else if (over()) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/**
 * Returns a piece that the caller may modify or free. The decoder writes on into the memory of what it has produced until
 * that is full; then it would be garbage, of which there is as much as decoded content.
 */
function ownPiece(bytes: Uint8Array<ArrayBuffer>): Piece {
  const { buffer, byteOffset, length } = bytes;
  const isFull = buffer.byteLength === CHUNK_SIZE && byteOffset + length === CHUNK_SIZE;
  if (isFull && byteOffset === 0) return new Uint8Array(buffer);
  const copy = new Uint8Array(bytes);
  if (isFull) freeMemory(bytes);
  return copy;
}

function overlong(): BadResponse {
  return new BadResponse("bytes after the end of the coded content");
}
