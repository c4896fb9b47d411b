import { fairTurn } from "../core/fair_turn.ts";
import { freeLarge } from "../core/free_memory.ts";
import { type Connection, FULL_READ } from "./connection.ts";
import type { BodyDecoder } from "./decoder.ts";

/**
 * The size of a piece at most, in bytes. Handing on a piece costs as much as several reads, so full reads are joined
 * up to this size, of which the CPU keeps the whole at hand. It is what one response may hold in memory.
 */
export const PIECE_LIMIT = 128 * 1024;

/** One function for all bodies. */
const wholePiece = () => PIECE_LIMIT;

/**
 * How much of a large piece's memory is left empty before it, in bytes. What a mask held back is put there, so that the
 * piece need not be moved.
 */
const HEADROOM = 4096;

/**
 * How long bytes may wait for the next full read, in milliseconds. After a read that was not full they are handed on at
 * once; a full one may happen to be the last for a while.
 */
const JOIN_TIME = 2;

/** How a body ended. */
export type BodyOutcome =
  /** All of it was read, and not a byte more: the connection can serve another request. */
  | "complete"
  /** All of it was read, and bytes that nobody asked for followed. */
  | "overrun"
  /** It ended early, was invalid, or was cancelled. */
  | "aborted";

/** The body of a response, read piece by piece as it arrives. */
export class ResponseBody {
  readonly #connection: Connection;
  readonly #decoder: BodyDecoder;
  readonly #onEnd: (outcome: BodyOutcome) => void;
  /** A read that was still pending when the bytes before it were handed on, and where its bytes will be. */
  #pendingRead: { readonly room: Uint8Array<ArrayBuffer>; readonly reading: Promise<number> } | undefined;
  /** Bytes that have been decoded but not handed on. */
  #decoded: Uint8Array<ArrayBuffer> | undefined;
  /** How many bytes of the connection's buffer the borrowed body takes, with its framing. */
  #borrowed = 0;
  #ended = false;
  /** Returns the size of a piece at most, in bytes. */
  pieceLimit: () => number = wholePiece;

  /** @param onEnd Called once, when the body has ended. */
  constructor(connection: Connection, decoder: BodyDecoder, onEnd: (outcome: BodyOutcome) => void) {
    this.#connection = connection;
    this.#decoder = decoder;
    this.#onEnd = onEnd;
  }

  /** Whether all of it has been handed on. */
  get done(): boolean {
    return this.#ended;
  }

  /**
   * Reads the next bytes, at least one, or undefined at the end. Only one call may be pending. All of the memory in which
   * they lie belongs to them.
   */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#decoded !== undefined) return this.#takeDecoded();
    // One function for the usual steps: each asynchronous one takes memory and time, which every event notices.
    try {
      while (!this.#ended) {
        if (this.#pendingRead === undefined && !this.#decoder.done && this.#connection.bufferedLength === 0) {
          if (await this.#connection.fill() === 0) this.#decoder.end();
        }
        const step = this.#step();
        const bytes = step instanceof Promise ? await step : step;
        if (bytes.length > 0) return bytes;
      }
      return undefined;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /**
   * Returns the whole body if it arrived together with the head; does not wait for the upstream. The bytes are borrowed:
   * they lie in the connection's buffer, and the connection serves no other request until {@linkcode release}.
   */
  borrowAll(): Uint8Array<ArrayBuffer> | undefined {
    const connection = this.#connection;
    if (this.#decoder.done) return NOTHING;
    // After a full read more is likely to follow, which is worth joining.
    if (connection.bufferedLength === 0 || connection.lastReadWasFull) return undefined;
    const buffered = connection.buffered;
    const { end, read } = this.#decoder.decode(buffered, 0, buffered.length);
    if (this.#decoder.done) {
      this.#borrowed = read;
      return end === buffered.length ? buffered : buffered.subarray(0, end);
    }
    if (end > 0) this.#decoded = buffered.slice(0, end);
    connection.discard(read);
    return undefined;
  }

  /** Returns the borrowed bytes to the connection. */
  release(): void {
    this.#connection.discard(this.#borrowed);
    this.#complete(this.#connection.bufferedLength === 0);
  }

  /** Returns the bytes that arrived together with the head, if any; does not wait for the upstream. */
  async nextBuffered(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#decoded !== undefined) return this.#takeDecoded();
    if (!this.#decoder.done && this.#connection.bufferedLength === 0) return undefined;
    try {
      const bytes = await this.#step();
      return bytes.length > 0 ? bytes : undefined;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Gives up the rest. */
  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd("aborted");
  }

  #takeDecoded(): Uint8Array<ArrayBuffer> | undefined {
    const decoded = this.#decoded;
    this.#decoded = undefined;
    return decoded;
  }

  /** Handles the end, the pending read, or what is in the connection's buffer. @returns The bytes of the body in it. */
  #step(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const connection = this.#connection;
    if (this.#decoder.done) {
      this.#complete(connection.bufferedLength === 0);
      return NOTHING;
    }
    if (this.#pendingRead !== undefined) return this.#finishPendingRead(this.#pendingRead);
    const buffered = connection.buffered;
    const { end, read } = this.#decoder.decode(buffered, 0, buffered.length);
    const more = connection.lastReadWasFull && !this.#decoder.done;
    const bytes = more ? this.#pieceFor(buffered.subarray(0, end)) : buffered.slice(0, end);
    connection.discard(read);
    if (this.#decoder.done) this.#complete(connection.bufferedLength === 0);
    return more ? this.#readOn(bytes, end) : bytes;
  }

  /** Allocates a larger piece that begins with the first bytes. */
  #pieceFor(first: Uint8Array): Uint8Array<ArrayBuffer> {
    const size = Math.max(first.length, Math.min(this.pieceLimit(), first.length + this.#decoder.expected));
    const piece = new Uint8Array(new ArrayBuffer(HEADROOM + size), HEADROOM);
    piece.set(first);
    return piece;
  }

  /** Fills a piece after its first bytes as long as each read is a full one. */
  async #readOn(piece: Uint8Array<ArrayBuffer>, first: number): Promise<Uint8Array<ArrayBuffer>> {
    let filled = first;
    const limit = new TimeLimit();
    try {
      while (filled < piece.length) {
        const room = piece.subarray(filled);
        if (room.length < FULL_READ && room.length < this.#decoder.expected) break;
        // Some bytes take long to decode: chunks of one byte each.
        const turn = fairTurn(performance.now());
        if (turn !== undefined) await turn;
        const reading = this.#connection.readInto(room);
        const length = await limit.race(reading);
        if (length === undefined) {
          this.#pendingRead = { room, reading };
          // A copy: the caller may free these bytes, but the pending read writes into the same memory.
          return piece.slice(0, filled);
        }
        filled += this.#decodeRead(room, length);
        if (this.#ended || length < FULL_READ) break;
      }
      return piece.subarray(0, filled);
    } finally {
      limit.clear();
    }
  }

  async #finishPendingRead(
    { room, reading }: { room: Uint8Array<ArrayBuffer>; reading: Promise<number> },
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#pendingRead = undefined;
    const length = await reading;
    const bytes = room.slice(0, this.#decodeRead(room, length));
    // Most of its memory is empty.
    freeLarge(room);
    return bytes;
  }

  /** Decodes what a read brought to the front of `room`. @returns How many bytes of the body that is. */
  #decodeRead(room: Uint8Array, length: number): number {
    if (length === 0) {
      this.#decoder.end();
      return 0;
    }
    const { end, read } = this.#decoder.decode(room, 0, length);
    if (this.#decoder.done) this.#complete(read === length);
    return end;
  }

  /** @param clean Whether no byte followed the body. */
  #complete(clean: boolean): void {
    this.#ended = true;
    this.#onEnd(clean ? "complete" : "overrun");
  }
}

const NOTHING = new Uint8Array(0);

/** One time limit over several reads. */
class TimeLimit {
  readonly #over: Promise<undefined>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#over = promise;
    this.#timer = setTimeout(() => resolve(undefined), JOIN_TIME);
  }

  /** Resolves to undefined if the time is up first. */
  race<Value>(reading: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([reading, this.#over]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
