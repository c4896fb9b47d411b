import { decodeLatin1, encodeLatin1Into } from "../core/latin1.ts";
import { BadResponse } from "./errors.ts";
import { findHeadEnd, HEAD_LIMIT } from "./response_head.ts";

/**
 * How many bytes one read brings at most: the runtime's TLS returns the plaintext of one record, RFC 8446, section 5.1.
 * After a full read more is likely to follow; a shorter one has brought all there was.
 */
export const FULL_READ = 16 * 1024;

/** The part of a runtime's connection that is used here. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close">;

/** Far more than an ordinary response head, with which the body's first bytes may arrive. */
const BUFFER_SIZE = FULL_READ;

/** More than an ordinary request head. */
const OUTGOING_SIZE = 2 * 1024;

/** One connection to an upstream, with a buffer for the bytes that it receives. */
export class Connection {
  readonly #socket: Socket;
  readonly #onClose: () => void;
  /** When it was opened, in milliseconds of `performance.now()`. */
  readonly openedAt: number = performance.now();
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  /** Scratch buffer for request heads, reused across requests. */
  #outgoing = new Uint8Array(OUTGOING_SIZE);
  /** The read that has been pending since the connection became idle. */
  #pendingRead: Promise<number | null> | undefined;
  #idle = false;
  #closed = false;
  #lastReadLength = 0;

  /** @param onClose Called once, when the connection is closed. */
  constructor(socket: Socket, onClose = () => {}) {
    this.#socket = socket;
    this.#onClose = onClose;
  }

  /** Whether the last read brought as much as a read can: then more is likely on its way. */
  get lastReadWasFull(): boolean {
    return this.#lastReadLength >= FULL_READ;
  }

  /** The bytes received and not discarded: a view of the buffer, valid until the next call. */
  get buffered(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Drops bytes from the front of the buffer. */
  discard(length: number): void {
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Reads once, to the end of the buffer. @returns How many bytes arrived; 0 at the connection's end. */
  async fill(): Promise<number> {
    const pending = this.#pendingRead;
    if (pending === undefined) this.#makeRoom();
    this.#pendingRead = undefined;
    const length = await (pending ?? this.#socket.read(this.#buffer.subarray(this.#end))) ?? 0;
    this.#end += length;
    this.#lastReadLength = length;
    return length;
  }

  /** Reads once, past the buffer, which must be empty. @returns How many bytes arrived; 0 at the connection's end. */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#socket.read(bytes) ?? 0;
  }

  /**
   * Reads a head up to and with its empty line.
   *
   * @returns The head, one character per byte, or undefined if the connection ended before its first byte.
   * @throws {BadResponse} If it ends within the head, or the head is too long or can't become a valid one.
   */
  async readHead(): Promise<string | undefined> {
    let seen = 0;
    for (;;) {
      const buffered = this.buffered;
      const length = buffered.length > seen ? findHeadEnd(buffered, seen) : -1;
      if (length >= 0) {
        const text = decodeLatin1(buffered.subarray(0, length));
        this.discard(length);
        return text;
      }
      seen = buffered.length;
      if (await this.fill() > 0) continue;
      if (seen === 0) return undefined;
      throw new BadResponse("connection closed within a head");
    }
  }

  /** Writes all of the bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      written += await this.#socket.write(written === 0 ? bytes : bytes.subarray(written));
    }
  }

  /** Writes a head, one byte per character. Only one call may be pending. */
  writeHead(head: string): Promise<void> {
    if (head.length > this.#outgoing.length) this.#outgoing = new Uint8Array(head.length);
    encodeLatin1Into(head, this.#outgoing);
    return this.write(this.#outgoing.subarray(0, head.length));
  }

  /**
   * Keeps a read pending while the connection is idle. Whatever it brings (an end, an error, or bytes that nobody asked
   * for) makes the connection unusable, and `onLost` is called. After {@linkcode leaveIdle} the read is the first one
   * of the next response.
   */
  enterIdle(onLost: () => void): void {
    this.#start = this.#end = 0;
    this.#idle = true;
    const read = this.#socket.read(this.#buffer);
    this.#pendingRead = read;
    const onRead = () => {
      if (this.#idle && this.#pendingRead === read) onLost();
    };
    read.then(onRead, onRead);
  }

  /** Makes the connection ready for a request. */
  leaveIdle(): void {
    this.#idle = false;
  }

  /** Closes the connection, unless it is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#onClose();
  }

  #makeRoom(): void {
    if (this.#end < this.#buffer.length) return;
    // Only a head can fill the buffer, since a body is discarded as it arrives.
    const buffered = this.buffered;
    const larger = buffered.length < this.#buffer.length
      ? this.#buffer
      : new Uint8Array(HEAD_LIMIT + BUFFER_SIZE);
    if (larger !== this.#buffer) larger.set(buffered);
    else this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#buffer = larger;
    this.#end = buffered.length;
    this.#start = 0;
  }
}
