import { decodeLatin1, encodeLatin1Into } from "../core/latin1.ts";
import { BadResponse } from "./errors.ts";
import { findHeadEnd, HEAD_LIMIT } from "./response_head.ts";

/**
 * What one read brings at most: the runtime's TLS gives the plaintext of one record, RFC 8446, section 5.1. A read
 * that brings as much is one of many; a shorter one is all there was.
 */
export const FULL_READ = 16 * 1024;

/** What a connection of the runtime's can do, as far as it is used here. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close">;

/** Heads of ordinary responses are far shorter, and a body's first bytes may come along. */
const BUFFER_SIZE = FULL_READ;

/** Heads of ordinary requests are shorter. */
const OUTGOING_SIZE = 2 * 1024;

/** One connection to an upstream: bytes out, and a buffer of the bytes that came. */
export class Connection {
  readonly #socket: Socket;
  readonly #onClose: () => void;
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  /** Where heads are put together: memory of one's own is dear, and one request follows the other. */
  #outgoing = new Uint8Array(OUTGOING_SIZE);
  /** The read that has been pending since the connection went idle. */
  #ahead: Promise<number | null> | undefined;
  #idle = false;
  #closed = false;
  #lastRead = 0;

  /** @param onClose Called once, when the connection is closed. */
  constructor(socket: Socket, onClose = () => {}) {
    this.#socket = socket;
    this.#onClose = onClose;
  }

  /** Whether the last read brought as much as a read can: then more is likely on its way. */
  get lastReadWasFull(): boolean {
    return this.#lastRead >= FULL_READ;
  }

  /** Takes the connection out of idleness. */
  begin(): void {
    this.#idle = false;
  }

  /** The bytes that have come and are not consumed: a view of the buffer, good until the next call. */
  get buffered(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  discard(length: number): void {
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Reads once into the buffer behind what is there. @returns How many bytes came; 0 at the connection's end. */
  async fill(): Promise<number> {
    const ahead = this.#ahead;
    if (ahead === undefined) this.#makeRoom();
    this.#ahead = undefined;
    const length = await (ahead ?? this.#socket.read(this.#buffer.subarray(this.#end))) ?? 0;
    this.#end += length;
    this.#lastRead = length;
    return length;
  }

  /** Reads once past the buffer, which must be empty. @returns How many bytes came; 0 at the connection's end. */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#socket.read(bytes) ?? 0;
  }

  /**
   * Reads a head up to its empty line. @returns The head, a byte a character, or undefined if the connection ended
   * before the first byte.
   */
  async readHead(): Promise<string | undefined> {
    let seen = 0;
    for (;;) {
      const arrived = this.buffered;
      const length = arrived.length > seen ? findHeadEnd(arrived, seen) : -1;
      if (length >= 0) {
        const text = decodeLatin1(arrived.subarray(0, length));
        this.discard(length);
        return text;
      }
      seen = arrived.length;
      if (await this.fill() > 0) continue;
      if (seen === 0) return undefined;
      throw new BadResponse("a connection that ended within a head");
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      written += await this.#socket.write(written === 0 ? bytes : bytes.subarray(written));
    }
  }

  /** Writes a head, a character a byte. */
  writeHead(head: string): Promise<void> {
    if (head.length > this.#outgoing.length) this.#outgoing = new Uint8Array(head.length);
    encodeLatin1Into(head, this.#outgoing);
    return this.write(this.#outgoing.subarray(0, head.length));
  }

  /**
   * Keeps a read pending while the connection is idle. Whatever it brings (an end, an error, or bytes that nobody
   * asked for) says that the connection is of no more use, and `lost` is called. Once the connection has been taken
   * for a request, the read is that request's first.
   */
  watch(lost: () => void): void {
    this.#start = this.#end = 0;
    this.#idle = true;
    const ahead = this.#socket.read(this.#buffer);
    this.#ahead = ahead;
    const judge = () => {
      if (this.#idle && this.#ahead === ahead) lost();
    };
    ahead.then(judge, judge);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#onClose();
  }

  #makeRoom(): void {
    if (this.#end < this.#buffer.length) return;
    // Full: only a head can make it so, since a body is consumed as it comes.
    const arrived = this.buffered;
    const larger = arrived.length < this.#buffer.length
      ? this.#buffer
      : new Uint8Array(HEAD_LIMIT + BUFFER_SIZE);
    if (larger !== this.#buffer) larger.set(arrived);
    else this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#buffer = larger;
    this.#end = arrived.length;
    this.#start = 0;
  }
}
