import type { FieldLine } from "../http/syntax.ts";
import { BadResponse } from "./errors.ts";
import { HEAD_LIMIT, parseFieldLines } from "./response_head.ts";

/**
 * RFC 9112, sections 7.1 and 7.1.1: the size, then extensions, which are ignored whatever their form. Thirteen digits stay
 * below 2^53. Some servers write the size in a field of fixed width, padded with zeros or white space, which other readers
 * accept as well; the content is forwarded in chunks of the service's own.
 */
const CHUNK_LINE = /^0*([0-9A-Fa-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;

/** What can become a chunk line. Anything else is refused at once, since the rest of the line may never come. */
const CHUNK_LINE_START = /^0*[0-9A-Fa-f]{1,13}[\t ]*(?:[;\r]|$)/;

/** The length of a chunk line with its extensions at most, in bytes. A stream of extensions would be an attack. */
const CHUNK_LINE_LIMIT = 4096;

/** The most digits of a size that is read without making a string: enough for a quarter of a gigabyte. */
const PLAIN_DIGITS = 7;

/** The value of each byte as a hexadecimal digit, or -1. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = String.fromCharCode(byte);
  return /[0-9A-Fa-f]/.test(digit) ? parseInt(digit, 16) : -1;
});

const CR = 0x0d;
const LF = 0x0a;

/** What a decoder expects next. */
type State = "line" | "data" | "end-of-data" | "end-of-data-line" | "trailers" | "done";

/**
 * Removes the chunked coding from a stream of bytes, in place: RFC 9112, section 7.1.
 *
 * It buffers only the bytes of an unfinished chunk line, or of the trailers.
 */
export class ChunkedDecoder {
  #state: State = "line";
  /** How many bytes of the current chunk are still to come. */
  #remaining = 0;
  /** The part of a chunk line or of the trailers that earlier calls brought, one character per byte. */
  #buffered = "";
  /** The fields after the last chunk, once {@linkcode done}. */
  trailers: readonly FieldLine[] = [];

  /** Whether the last chunk and the trailers have been read. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Decodes the bytes in `bytes` between `from` and `to`, and moves the body to `from`.
   *
   * @returns `end`: the end of the body in `bytes`. `read`: the end of what was read, less than `to` only once `done`.
   * @throws {BadResponse} If the coding is invalid.
   */
  decode(bytes: Uint8Array, from: number, to: number): { end: number; read: number } {
    let end = from;
    let at = from;
    while (at < to && this.#state !== "done") {
      switch (this.#state) {
        case "line":
          at = this.#buffered === "" ? this.#readPlainLine(bytes, at, to) : this.#readLine(bytes, at, to);
          break;
        case "data": {
          const next = Math.min(to, at + this.#remaining);
          if (next - at === 1) bytes[end] = bytes[at]!;
          else if (end !== at) bytes.copyWithin(end, at, next);
          end += next - at;
          this.#remaining -= next - at;
          at = next;
          if (this.#remaining === 0) this.#state = "end-of-data";
          break;
        }
        case "end-of-data":
          assertByte(bytes[at++], CR);
          this.#state = "end-of-data-line";
          break;
        case "end-of-data-line":
          assertByte(bytes[at++], LF);
          this.#state = "line";
          break;
        case "trailers":
          at = this.#readTrailers(bytes, at, to);
          break;
      }
    }
    return { end, read: at };
  }

  /** Reads a line that consists of a short size and nothing else, as almost all do, without making a string. */
  #readPlainLine(bytes: Uint8Array, at: number, to: number): number {
    let size = 0;
    let next = at;
    const digitsEnd = Math.min(to, at + PLAIN_DIGITS);
    for (; next < digitsEnd; next++) {
      const digit = HEX_DIGITS[bytes[next]!]!;
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    if (size === 0 || next + 1 >= to || bytes[next] !== CR || bytes[next + 1] !== LF) {
      return this.#readLine(bytes, at, to);
    }
    this.#remaining = size;
    this.#state = "data";
    return next + 2;
  }

  #readLine(bytes: Uint8Array, at: number, to: number): number {
    const lineEnd = bytes.subarray(at, to).indexOf(LF);
    const next = lineEnd < 0 ? to : at + lineEnd + 1;
    this.#assertBelow(CHUNK_LINE_LIMIT, next - at);
    this.#buffer(bytes, at, next);
    if (lineEnd < 0) {
      if (!CHUNK_LINE_START.test(this.#buffered)) throw new BadResponse("invalid chunk size");
      return next;
    }
    const line = CHUNK_LINE.exec(this.#buffered);
    if (line === null) throw new BadResponse("invalid chunk size");
    this.#buffered = "";
    this.#remaining = parseInt(line[1]!, 16);
    this.#state = this.#remaining === 0 ? "trailers" : "data";
    return next;
  }

  /** Trailers must be valid, or the end of the body would be in doubt. */
  #readTrailers(bytes: Uint8Array, at: number, to: number): number {
    while (at < to) {
      const lineEnd = bytes.subarray(at, to).indexOf(LF);
      const next = lineEnd < 0 ? to : at + lineEnd + 1;
      this.#assertBelow(HEAD_LIMIT, next - at);
      this.#buffer(bytes, at, next);
      at = next;
      if (lineEnd < 0) break;
      if (!this.#buffered.endsWith("\r\n")) throw new BadResponse("line ends in a bare LF");
      if (this.#buffered === "\r\n" || this.#buffered.endsWith("\r\n\r\n")) {
        this.trailers = parseFieldLines(this.#buffered, 0);
        assertNoFraming(this.trailers);
        this.#state = "done";
        break;
      }
    }
    return at;
  }

  #assertBelow(limit: number, more: number): void {
    if (this.#buffered.length + more > limit) throw new BadResponse("chunk line or trailers too long");
  }

  #buffer(bytes: Uint8Array, at: number, to: number): void {
    for (; at < to; at++) this.#buffered += String.fromCharCode(bytes[at]!);
  }
}

/** Checks a byte of the line break that ends the data of a chunk. */
function assertByte(byte: number | undefined, wanted: number): void {
  if (byte !== wanted) throw new BadResponse("chunk data longer than its size");
}

/** RFC 9110, section 6.5.1, forbids framing fields in trailers: some reader might act on them. */
function assertNoFraming(trailers: readonly FieldLine[]): void {
  for (const [name] of trailers) {
    if (name === "content-length" || name === "transfer-encoding") {
      throw new BadResponse(`${name} in the trailers`);
    }
  }
}

/** Returns the line that precedes a chunk of `length` bytes. */
export function chunkLine(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** The end of a chunked body without trailers. */
export const LAST_CHUNK = "0\r\n\r\n";
