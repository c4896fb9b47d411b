/**
 * HTTP/2 by hand: requests that no client library would send, and just enough parsing to recognize the responses.
 *
 * @module
 */

import { fromLatin1 } from "./bytes.ts";
import { connectRaw, type Wire } from "./wire.ts";

/** The connection preface: RFC 9113, section 3.4. */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;

const END_STREAM = 1;
const END_HEADERS = 4;

/** How a head begins: a status from the static table, or a Huffman-coded one (RFC 7541, appendices A and B). */
const STATUSES: readonly (readonly [coded: string, status: string])[] = [
  ["\x88", "200"],
  ["\x8c", "400"],
  ["\x8d", "404"],
  ["\x8e", "500"],
  ["H\x83h\r\xff", "405"],
];

/** Names and values in order. */
export type Fields = readonly (readonly [name: string, value: string])[];

/**
 * Sends one request on a new connection and returns the outcome: a status, or `reset` or `goaway` with the error code.
 *
 * @param content Sent in one frame; none by default.
 */
export async function askHttp2(port: number, fields: Fields, content?: string): Promise<string> {
  await using wire = await connectRaw(port);
  const flags = END_HEADERS | (content === undefined ? END_STREAM : 0);
  const head = frame({ type: SETTINGS }) +
    frame({ type: HEADERS, flags, stream: 1 }, fields.map(literal).join(""));
  await wire.send(
    PREFACE + head +
      (content === undefined ? "" : frame({ type: DATA, flags: END_STREAM, stream: 1 }, content)),
  );
  for (;;) {
    const prefix = await wire.readBytes(9);
    const length = prefix[0]! << 16 | prefix[1]! << 8 | prefix[2]!;
    const payload = await wire.readBytes(length);
    switch (prefix[3]) {
      case HEADERS:
        return statusOf(fromLatin1(payload));
      case RST_STREAM:
        return `reset ${payload[3]}`;
      case GOAWAY:
        return `goaway ${payload[7]}`;
    }
  }
}

/** Opens a connection on which POSTs are begun that state no length and do not end. */
export async function beginHttp2Posts(
  port: number,
  { path, count }: { path: string; count: number },
): Promise<Wire> {
  const wire = await connectRaw(port);
  const fields = [[":method", "POST"], [":scheme", "http"], [":path", path], ["host", "x"]] as const;
  const head = fields.map(literal).join("");
  const heads = Array.from(
    { length: count },
    (_, at) => frame({ type: HEADERS, flags: END_HEADERS, stream: 2 * at + 1 }, head),
  );
  await wire.send(PREFACE + frame({ type: SETTINGS }) + heads.join(""));
  return wire;
}

function statusOf(head: string): string {
  return STATUSES.find(([coded]) => head.startsWith(coded))?.[1] ?? `a status in ${JSON.stringify(head)}`;
}

/** A frame's header: RFC 9113, section 4.1. */
interface FrameHeader {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
}

function frame({ type, flags = 0, stream = 0 }: FrameHeader, payload = ""): string {
  const { length } = payload;
  const prefix = [length >> 16, length >> 8 & 0xff, length & 0xff, type, flags, 0, 0, 0, stream];
  return String.fromCharCode(...prefix) + payload;
}

/** A literal field without indexing or Huffman coding: RFC 7541, section 6.2.2. */
function literal([name, value]: Fields[number]): string {
  return `\0${lengthOf(name)}${name}${lengthOf(value)}${value}`;
}

/** Encodes a length with a prefix of seven bits: RFC 7541, section 5.1. */
function lengthOf({ length }: string): string {
  if (length < 127) return String.fromCharCode(length);
  let text = "\x7f";
  let left = length - 127;
  for (; left >= 128; left >>= 7) text += String.fromCharCode(left & 0x7f | 0x80);
  return text + String.fromCharCode(left);
}
