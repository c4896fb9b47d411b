/**
 * Parsing a response's head: RFC 9112, sections 4 and 5. It is strict: whatever two readers could understand in two ways
 * is refused, since the client is the next reader.
 *
 * @module
 */

import { type FieldLine, TCHAR } from "../http/syntax.ts";
import { BadResponse } from "./errors.ts";

/** The head of a response, parsed. */
export interface ResponseHead {
  /** The whole head as it came, one byte per character. */
  readonly text: string;
  readonly status: number;
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: 0 | 1;
  /** In the order in which they were received. */
  readonly fields: readonly FieldLine[];
  /** The values of the fields that determine the body's end and whether the connection persists. */
  readonly framing: FramingFields;
}

/** The fields that frame a response and decide whether its connection persists. */
export interface FramingFields {
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
  /** All lines, joined as RFC 9110, section 5.3, allows. */
  readonly connection: string | undefined;
  /** How long the server keeps the connection, among others: RFC 2068, section 19.7.1.1. */
  readonly keepAlive: string | undefined;
}

/** The size of a head at most, in bytes, with its empty line. */
export const HEAD_LIMIT = 64 * 1024;

/** How many field lines a head may have. */
export const FIELD_LIMIT = 256;

/** RFC 9112, section 4. The reason phrase is ignored, so it may be missing, or any printable text. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;

/** By character: 1 for those of a name, 0 for all others. */
const IN_NAME = classOf(new RegExp(TCHAR));

/** By character: 1 for those of a value; no control but the tab (RFC 9110, section 5.5). */
const IN_VALUE = classOf(/[\t\x20-\x7e\x80-\xff]/);

function classOf(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => pattern.test(String.fromCharCode(code)) ? 1 : 0);
}

/**
 * White space may be a tab (RFC 9110, section 5.6.3), but not every reader knows that, and one that does not would see no
 * length, or another transfer coding.
 */
const TABBED_FRAMING = /^(?:content-length|transfer-encoding):[^\r]*\t/im;

/**
 * Parses a head.
 *
 * @param text The whole head with its empty line, one character per byte.
 * @throws {BadResponse} If it is not valid.
 */
export function parseResponseHead(text: string): ResponseHead {
  const start = STATUS_LINE.exec(text);
  if (start === null) throw new BadResponse("no HTTP/1 status line");
  if (text.includes("\t") && TABBED_FRAMING.test(text)) {
    throw new BadResponse("tab in a framing field");
  }
  const fields = parseFieldLines(text, start[0].length);
  const head: ResponseHead = {
    text,
    status: Number(start[2]),
    minorVersion: start[1] === "0" ? 0 : 1,
    fields,
    framing: framingFields(fields),
  };
  // The final response would still have to follow: RFC 9110, section 15.2.
  if (head.status < 200 && endsConnection(head)) {
    throw new BadResponse("interim response that closes the connection");
  }
  return head;
}

/** Whether no other message follows on the connection: RFC 9112, section 9.3. */
export function endsConnection({ minorVersion, framing }: ResponseHead): boolean {
  return minorVersion === 0 || (framing.connection !== undefined && CLOSING.test(framing.connection));
}

const CLOSING = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i;

function framingFields(fields: readonly FieldLine[]): FramingFields {
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection: string | undefined;
  let keepAlive: string | undefined;
  for (const { 0: name, 1: value } of fields) {
    switch (name) {
      case "content-length":
        // Readers differ over which of two counts, even where they are equal.
        if (contentLength !== undefined) throw new BadResponse("more than one Content-Length");
        contentLength = value;
        break;
      case "transfer-encoding":
        if (transferEncoding !== undefined) throw new BadResponse("more than one Transfer-Encoding");
        transferEncoding = value;
        break;
      case "connection":
        connection = connection === undefined ? value : `${connection}, ${value}`;
        break;
      case "keep-alive":
        keepAlive = value;
        break;
    }
  }
  return { contentLength, transferEncoding, connection, keepAlive };
}

/**
 * Parses the field lines, or trailers, from an offset up to the empty line that ends the text: RFC 9112, section 5. There is
 * no white space before the colon (5.1), no line folding (5.2), and no control character in a value. The white space around
 * a value is not part of it.
 *
 * @param text One character per byte.
 * @throws {BadResponse} If a line is invalid, or there are too many.
 */
export function parseFieldLines(text: string, from: number): FieldLine[] {
  const fields: FieldLine[] = [];
  const end = text.length - 2;
  let at = from;
  while (at < end) {
    const colon = endOf(IN_NAME, text, at);
    const lineEnd = endOf(IN_VALUE, text, colon + 1);
    if (colon === at || text.charCodeAt(colon) !== COLON || !isLineBreak(text, lineEnd)) {
      throw new BadResponse("invalid field line");
    }
    if (fields.length === FIELD_LIMIT) throw new BadResponse(`more than ${FIELD_LIMIT} fields`);
    fields.push([text.slice(at, colon).toLowerCase(), trimmed(text, colon + 1, lineEnd)]);
    at = lineEnd + 2;
  }
  if (at !== end) throw new BadResponse("invalid field line");
  return fields;
}

/** Returns the end of the run of characters of a class that begins at an offset. */
function endOf(characters: Uint8Array, text: string, from: number): number {
  let at = from;
  // Beyond the text's end the code is NaN, which is in no class.
  while (characters[text.charCodeAt(at)] === 1) at++;
  return at;
}

function isLineBreak(text: string, at: number): boolean {
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF;
}

/** Returns a value without the optional white space around it, which is spaces and tabs only: RFC 9110, section 5.6.3. */
function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

const VERSION = "HTTP/1.";
const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Looks for the empty line that ends a head. A line that ends in a bare LF is refused as soon as it has arrived: no
 * further byte can make it valid, and to wait for one could take until the time-out.
 *
 * @param bytes What has been received of the head so far.
 * @param seen How many of the bytes an earlier call has searched.
 * @param end How many bytes have been received; what is beyond is not looked at.
 * @returns The head's length with its empty line, or -1 if more bytes are needed.
 * @throws {BadResponse} If the bytes can't begin a valid head.
 */
export function findHeadEnd(bytes: Uint8Array, seen: number, end = bytes.length): number {
  // A server of another protocol sends a greeting and waits; without this we would wait too, until the time-out.
  for (let at = seen; at < Math.min(end, VERSION.length); at++) {
    if (bytes[at] !== VERSION.charCodeAt(at)) throw new BadResponse("no HTTP/1 status line");
  }
  for (let at = bytes.indexOf(LF, seen); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw new BadResponse("line ends in a bare LF");
    if (bytes[at - 2] !== LF) continue;
    if (at >= HEAD_LIMIT) break;
    return at + 1;
  }
  if (end > HEAD_LIMIT) throw new BadResponse(`head larger than ${HEAD_LIMIT} bytes`);
  return -1;
}
