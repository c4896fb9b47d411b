import { type Connection, FULL_READ } from "./connection.ts";
import type { Decoder } from "./decoder.ts";

/**
 * Handing on a chunk costs as much as reading several, so full reads are joined up to this size. It is what one
 * stream may hold in memory.
 */
const BULK = 256 * 1024;

/**
 * How long bytes may wait for the next full read, in milliseconds. A read that was not full goes on at once; a full
 * one that happens to be the last for now must not wait for what may never come.
 */
const BULK_PATIENCE = 2;

/** What is called when a content has come to an end. */
export interface BodyEnd {
  /** It is whole; `clean` when not a byte stood behind it. */
  (outcome: "whole", clean: boolean): void;
  /** It broke off or was given up. */
  (outcome: "broken"): void;
}

/** The content of a response, as it comes. */
export class ResponseBody {
  readonly #connection: Connection;
  readonly #decoder: Decoder;
  readonly #end: BodyEnd;
  /** A read that was still pending when the bytes before it went on, and where its bytes will be. */
  #late: { readonly room: Uint8Array<ArrayBuffer>; readonly reading: Promise<number> } | undefined;
  /** What has been decoded and not handed on yet. */
  #first: Uint8Array<ArrayBuffer> | undefined;
  /** How many bytes of the connection's the lent content takes there, its framing included. */
  #lent = 0;
  #ended = false;

  constructor(connection: Connection, decoder: Decoder, end: BodyEnd) {
    this.#connection = connection;
    this.#decoder = decoder;
    this.#end = end;
  }

  /** Whether all of it has been handed on. */
  get done(): boolean {
    return this.#ended;
  }

  /** The next bytes, at least one, or undefined at the end. Only one call at a time. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#first !== undefined) return this.#takeFirst();
    while (!this.#ended) {
      const bytes = await this.#step();
      if (bytes.length > 0) return bytes;
    }
    return undefined;
  }

  /**
   * All of the content, if it came together with the head, without waiting for the upstream. It is lent: it lies in the
   * connection's memory, and the connection serves nobody else until `release()`.
   */
  takeWhole(): Uint8Array<ArrayBuffer> | undefined {
    const connection = this.#connection;
    if (this.#decoder.done) return NOTHING;
    // What begins with a full read is as a rule not at its end, and worth joining.
    if (connection.buffered.length === 0 || connection.lastReadWasFull) return undefined;
    const arrived = connection.buffered;
    const { end, read } = this.#decoder.decode(arrived, 0, arrived.length);
    if (this.#decoder.done) {
      this.#lent = read;
      return arrived.subarray(0, end);
    }
    if (end > 0) this.#first = arrived.slice(0, end);
    connection.discard(read);
    return undefined;
  }

  /** Gives back what was lent as a whole. */
  release(): void {
    this.#connection.discard(this.#lent);
    this.#finish(this.#connection.buffered.length === 0);
  }

  /** The bytes that came together with the head, if any did: it does not wait for the upstream. */
  async buffered(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#first !== undefined) return this.#takeFirst();
    if (!this.#decoder.done && this.#connection.buffered.length === 0) return undefined;
    const bytes = await this.#step();
    return bytes.length > 0 ? bytes : undefined;
  }

  /** Gives the rest up. */
  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#end("broken");
  }

  #takeFirst(): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  async #step(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      if (!this.#decoder.done) return await this.#read();
      this.#finish(this.#connection.buffered.length === 0);
      return NOTHING;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  async #read(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#late !== undefined) return await this.#readLate(this.#late);
    const connection = this.#connection;
    if (connection.buffered.length === 0 && await connection.fill() === 0) {
      this.#decoder.end();
      return NOTHING;
    }
    const arrived = connection.buffered;
    const { end, read } = this.#decoder.decode(arrived, 0, arrived.length);
    const more = connection.lastReadWasFull && !this.#decoder.done;
    const bytes = more ? this.#bulkFor(arrived.subarray(0, end)) : arrived.slice(0, end);
    connection.discard(read);
    if (this.#decoder.done) this.#finish(connection.buffered.length === 0);
    return more ? await this.#gather(bytes, end) : bytes;
  }

  /** A larger piece of memory that begins with what is there. */
  #bulkFor(first: Uint8Array): Uint8Array<ArrayBuffer> {
    const bulk = new Uint8Array(Math.min(BULK, first.length + this.#decoder.expected));
    bulk.set(first);
    return bulk;
  }

  /** Reads on behind the first bytes as long as each read is a full one. */
  async #gather(bulk: Uint8Array<ArrayBuffer>, first: number): Promise<Uint8Array<ArrayBuffer>> {
    let filled = first;
    const patience = new Patience();
    try {
      while (filled < bulk.length) {
        const room = bulk.subarray(filled);
        if (room.length < FULL_READ && room.length < this.#decoder.expected) break;
        const reading = this.#connection.readInto(room);
        const length = await patience.for(reading);
        if (length === undefined) {
          this.#late = { room, reading };
          // The pending read writes behind these bytes, into the same memory; they must be let go of.
          return bulk.slice(0, filled);
        }
        filled += this.#take(room, length);
        if (length === 0 || this.#ended || (length < FULL_READ && length < room.length)) break;
      }
      return bulk.subarray(0, filled);
    } finally {
      patience.end();
    }
  }

  async #readLate(
    { room, reading }: { room: Uint8Array<ArrayBuffer>; reading: Promise<number> },
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#late = undefined;
    const length = await reading;
    return room.slice(0, this.#take(room, length));
  }

  /** Decodes what a read brought to the front of `room`. @returns How many bytes of content that is. */
  #take(room: Uint8Array, length: number): number {
    if (length === 0) {
      this.#decoder.end();
      return 0;
    }
    const { end, read } = this.#decoder.decode(room, 0, length);
    if (this.#decoder.done) this.#finish(read === length);
    return end;
  }

  #finish(clean: boolean): void {
    this.#ended = true;
    this.#end("whole", clean);
  }
}

const NOTHING = new Uint8Array(0);

/** One time limit over several reads. */
class Patience {
  readonly #over: Promise<undefined>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#over = promise;
    this.#timer = setTimeout(() => resolve(undefined), BULK_PATIENCE);
  }

  for<Value>(reading: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([reading, this.#over]);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
