import { type FieldLine, TCHAR } from "../http/syntax.ts";
import { BadResponse } from "./errors.ts";
import { HEAD_LIMIT, parseFieldLines } from "./response_head.ts";

/** The source of a regular expression for `quoted-string`: RFC 9110, section 5.6.4. */
const QUOTED_STRING = String.raw`"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;

/**
 * RFC 9112, sections 7.1 and 7.1.1: the size, then extensions, which are read past. Thirteen digits stay below 2^53.
 * A quoted value may hold whatever a quoted-string may (RFC 9110, section 5.6.4). The "bad" white space round the signs
 * of an extension is refused: readers differ over it, and nobody sends extensions.
 */
const CHUNK_LINE = new RegExp(
  String.raw`^([0-9A-Fa-f]{1,13})(?:;${TCHAR}+(?:=(?:${TCHAR}+|${QUOTED_STRING}))?)*\r\n$`,
);

/** What may become a chunk line: the rest may never come, so what can't is refused at once. */
const CHUNK_LINE_START = /^[0-9A-Fa-f]{1,13}(?:[;\r]|$)/;

/** A chunk's line with its extensions at most. Extensions are not in use; a stream of them would be an attack. */
const CHUNK_LINE_LIMIT = 4096;

const CR = 0x0d;
const LF = 0x0a;

/** Where a decoder stands between two calls. */
type State = "line" | "data" | "end-of-data" | "trailers" | "done";

/**
 * Takes the chunked coding off a stream of bytes, in place: RFC 9112, section 7.1.
 *
 * It holds back nothing but the bytes of an unfinished chunk line or of the trailers, which are dropped.
 */
export class ChunkedDecoder {
  #state: State = "line";
  /** Bytes of the present chunk that are still to come. */
  #left = 0;
  /** Of a line or the trailers, what came in earlier calls, a byte a character. */
  #text = "";

  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Decodes what stands in `bytes` from `from` to `to`, moving the content to `from` on.
   *
   * @returns The end of the content, and the end of what was read: short of `to` only once `done`.
   */
  decode(bytes: Uint8Array, from: number, to: number): { end: number; read: number } {
    let end = from;
    let at = from;
    while (at < to && this.#state !== "done") {
      switch (this.#state) {
        case "line":
          at = this.#line(bytes, at, to);
          break;
        case "data": {
          const next = Math.min(to, at + this.#left);
          if (end !== at) bytes.copyWithin(end, at, next);
          end += next - at;
          this.#left -= next - at;
          at = next;
          if (this.#left === 0) this.#state = "end-of-data";
          break;
        }
        case "end-of-data":
          at = this.#endOfData(bytes, at, to);
          break;
        case "trailers":
          at = this.#trailers(bytes, at, to);
          break;
      }
    }
    return { end, read: at };
  }

  #line(bytes: Uint8Array, at: number, to: number): number {
    const lineEnd = bytes.subarray(at, to).indexOf(LF);
    const next = lineEnd < 0 ? to : at + lineEnd + 1;
    this.#collect(bytes, at, next, CHUNK_LINE_LIMIT);
    if (lineEnd < 0) {
      if (!CHUNK_LINE_START.test(this.#text)) throw new BadResponse("a chunk size that is none");
      return next;
    }
    const line = CHUNK_LINE.exec(this.#text);
    if (line === null) throw new BadResponse("a chunk size that is none");
    this.#text = "";
    this.#left = parseInt(line[1]!, 16);
    this.#state = this.#left === 0 ? "trailers" : "data";
    return next;
  }

  #endOfData(bytes: Uint8Array, at: number, to: number): number {
    while (at < to) {
      const wanted = this.#text === "" ? CR : LF;
      if (bytes[at] !== wanted) throw new BadResponse("a chunk that is longer than its size");
      at++;
      if (wanted === CR) {
        this.#text = "\r";
        continue;
      }
      this.#text = "";
      this.#state = "line";
      return at;
    }
    return at;
  }

  /** Trailers don't pass, but must be what they should, or the end would be in doubt. */
  #trailers(bytes: Uint8Array, at: number, to: number): number {
    while (at < to) {
      const lineEnd = bytes.subarray(at, to).indexOf(LF);
      const next = lineEnd < 0 ? to : at + lineEnd + 1;
      this.#collect(bytes, at, next, HEAD_LIMIT);
      at = next;
      if (lineEnd < 0) break;
      if (!this.#text.endsWith("\r\n")) throw new BadResponse("a line that ends in a bare LF");
      if (this.#text === "\r\n" || this.#text.endsWith("\r\n\r\n")) {
        refuseFraming(parseFieldLines(this.#text, 0));
        this.#text = "";
        this.#state = "done";
        break;
      }
    }
    return at;
  }

  #collect(bytes: Uint8Array, at: number, to: number, limit: number): void {
    if (this.#text.length + to - at > limit) {
      throw new BadResponse("a chunk line or trailers that do not end");
    }
    for (; at < to; at++) this.#text += String.fromCharCode(bytes[at]!);
  }
}

/** RFC 9110, section 6.5.1, lets no trailer speak of framing; some reader might listen. */
function refuseFraming(trailers: readonly FieldLine[]): void {
  for (const [name] of trailers) {
    if (name === "content-length" || name === "transfer-encoding") {
      throw new BadResponse(`a trailer ${name}`);
    }
  }
}

/** A chunk's first line, for content that is sent. */
export function chunkLine(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** What ends a chunked body without trailers. */
export const LAST_CHUNK = "0\r\n\r\n";
