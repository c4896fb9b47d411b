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
  /** While it is idle: when it must not be used any more, in milliseconds of the pool's clock. */
  usableUntil = Infinity;
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  /** Scratch buffer for request heads, reused across requests. */
  #outgoing = new Uint8Array(OUTGOING_SIZE);
  #headLength = 0;
  /** The read that has been pending since the connection became idle. */
  #pendingRead: Promise<number | null> | undefined;
  #idle = false;
  #closed = false;
  #lastReadLength = 0;
  /** How many of the bytes received have been searched for the end of a head. */
  #searched = 0;
  readonly #onRead = (length: number | null): number => {
    this.#end += length ?? 0;
    return this.#lastReadLength = length ?? 0;
  };

  readonly #onHeadWritten = (written: number): Promise<void> | undefined =>
    written === this.#headLength ? undefined : this.write(this.#outgoing.subarray(written, this.#headLength));

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

  /** How many bytes {@linkcode buffered} has. */
  get bufferedLength(): number {
    return this.#end - this.#start;
  }

  /** Drops bytes from the front of the buffer. */
  discard(length: number): void {
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Reads once, to the end of the buffer. @returns How many bytes arrived; 0 at the connection's end. */
  fill(): Promise<number> {
    const pending = this.#pendingRead;
    this.#pendingRead = undefined;
    return (pending ?? this.#read()).then(this.#onRead);
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
    for (;;) {
      const head = this.takeHead();
      if (head !== undefined) return head;
      if (await this.fill() > 0) continue;
      if (this.bufferedLength === 0) return undefined;
      throw new BadResponse("connection closed within a head");
    }
  }

  /**
   * Takes a head from the bytes received, up to and with its empty line; does not wait.
   *
   * @returns The head, one character per byte, or undefined if more bytes are needed.
   * @throws {BadResponse} If the bytes can't begin a valid head.
   */
  takeHead(): string | undefined {
    const received = this.bufferedLength;
    // Nearly always the front of the buffer, of which no view is needed.
    const bytes = this.#start === 0 ? this.#buffer : this.#buffer.subarray(this.#start);
    const length = received > this.#searched ? findHeadEnd(bytes, this.#searched, received) : -1;
    if (length < 0) {
      this.#searched = received;
      return undefined;
    }
    this.#searched = 0;
    const text = decodeLatin1(bytes.subarray(0, length));
    this.discard(length);
    return text;
  }

  /** Writes all of the bytes, of which there must be some. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#socket.write(bytes).then((written) =>
      written === bytes.length ? undefined : this.write(bytes.subarray(written))
    );
  }

  /** The scratch buffer for heads. Others may write from it as well, as long as no write is pending. */
  get scratch(): Uint8Array<ArrayBuffer> {
    return this.#outgoing;
  }

  /** Writes a head, one byte per character. Only one call may be pending. */
  writeHead(head: string): Promise<void> {
    if (head.length > this.#outgoing.length) this.#outgoing = new Uint8Array(head.length);
    encodeLatin1Into(head, this.#outgoing);
    this.#headLength = head.length;
    return this.#socket.write(this.#outgoing.subarray(0, head.length)).then(this.#onHeadWritten);
  }

  /**
   * Keeps a read pending while the connection is idle. Whatever it brings (an end, an error, or bytes that nobody asked
   * for) makes the connection unusable, and `onLost` is called. After {@linkcode leaveIdle} the read is the first one
   * of the next response.
   */
  enterIdle(onLost: (connection: Connection) => void): void {
    this.#start = this.#end = this.#searched = 0;
    this.#idle = true;
    const read = this.#read();
    this.#pendingRead = read;
    const onRead = () => {
      if (this.#idle && this.#pendingRead === read) onLost(this);
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

  #read(): Promise<number | null> {
    this.#makeRoom();
    // The whole buffer is nearly always free; a view of a part would be another object per read.
    return this.#socket.read(this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end));
  }

  #makeRoom(): void {
    if (this.#end < this.#buffer.length) return;
    // Only a head can fill the buffer, since a body is discarded as it arrives.
    const buffered = this.buffered;
    const larger = buffered.length < this.#buffer.length
      ? this.#buffer
      : new Uint8Array(HEAD_LIMIT + BUFFER_SIZE);
    larger.set(buffered);
    this.#buffer = larger;
    this.#end = buffered.length;
    this.#start = 0;
  }
}
