/**
 * Responses that are certainly broken, each in one of many ways. Everything in them that a client could see carries the
 * serial of the request.
 *
 * @module
 */

import { fc } from "./property.ts";

/** A broken response to the request with a serial. */
export interface Breakage {
  /** What is broken, for the message of a failed assertion. */
  readonly kind: string;
  readonly text: string;
  /** Whether only the connection's end breaks it: until then it could continue validly. */
  readonly untilEnd: boolean;
  /** Whether the content is broken: then it can't be a response to HEAD. */
  readonly inContent: boolean;
}

/** Returns what marks a text as belonging to a request. */
export function markOf(serial: number): string {
  return `<${serial}>`;
}

/** Returns the serials of all marks in a text. */
export function marksIn(text: string): Set<number> {
  return new Set(Array.from(text.matchAll(/<(\d+)>/g), ([, digits]) => Number(digits)));
}

type Make = (mark: string) => string;

/** Returns the field line with the mark. */
const fieldLine = (mark: string) => `X-Mark: ${mark}\r\n`;

/** Whole heads with something wrong in them, each followed by content. */
const HEADS: Readonly<Record<string, readonly string[]>> = {
  "a status line": [
    ...[
      "HTTP/2.0 200 OK",
      "HTTP/1.2 200 OK",
      "HTTP/0.9 200 OK",
      "HTTP/11 200 OK",
      "http/1.1 200 OK",
      "ICY 200 OK",
      "200 OK",
    ],
    ...[
      "HTTP/1.1 20 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 099 OK",
      "HTTP/1.1 -20 OK",
      "HTTP/1.1  200 OK",
      "HTTP/1.1",
      "",
    ],
    ...[
      "HTTP/1.1 200 O\0K",
      "HTTP/1.1 200 O\rK",
      "HTTP/1.1 200 OK\r",
      "HTTP/1.1 101 Switching Protocols",
      "HTTP/1.1 600 Odd",
    ],
    ...[
      "HTTP/1.1 999 Odd",
      "GET / HTTP/1.1",
      "\r\nHTTP/1.1 200 OK",
      "\x16\x03\x01\0\xa5\x01",
      "SSH-2.0-x",
      "\xef\xbb\xbfHTTP/1.1 200 OK",
    ],
  ],
  "a field": [
    ...[
      "A : b",
      "A\t: b",
      " A: b",
      "A",
      ": b",
      "A b: c",
      "A: b\0",
      "A: \x01",
      "A: \x7f",
      "A(: b",
      "\xe9: b",
      "A: b\rC: d",
    ],
    ...[
      "A: b\r",
      "A: b\r\n folded",
      "A: b\r\n\tfolded",
      "A: b\nC: d",
      "\nA: b",
      "A\0: b",
      "A: b\r\nHTTP/1.1 200 OK",
    ],
  ],
  "a length": [
    ...[
      "Content-Length: 5, 5",
      "Content-Length: 5\r\nContent-Length: 5",
      "Content-Length: 5\r\nContent-Length: 6",
    ],
    ...[
      "Content-Length: +5",
      "Content-Length: -5",
      "Content-Length: 0x5",
      "Content-Length: 5.0",
      "Content-Length:",
      "Content-Length: a",
    ],
    ...[
      "Content-Length: 18446744073709551621",
      "Content-Length: 5\t",
      "Content-Length : 5",
      "Content-Length: 5 5",
    ],
  ],
  "a coding": [
    ...[
      "Transfer-Encoding: gzip",
      "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding: x",
    ],
    ...[
      "Transfer-Encoding: identity",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding:\tchunked",
    ],
    ...[
      "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding:",
    ],
  ],
};

const brokenHead = fc.constantFrom(...Object.entries(HEADS)).chain(([kind, lines]) =>
  fc.tuple(fc.constantFrom(...lines), fc.boolean(), fc.nat({ max: 3 })).map(([line, early, interims]) => ({
    kind: `${kind}: ${JSON.stringify(line)}`,
    untilEnd: false,
    inContent: false,
    make: (mark: string) => {
      const fields = kind === "a status line" ? "" : `${line}\r\n`;
      const start = kind === "a status line" ? line : "HTTP/1.1 200 OK";
      const all = early ? fields + fieldLine(mark) : fieldLine(mark) + fields;
      return `${interim(mark).repeat(interims)}${start}\r\n${all}\r\n${mark.repeat(3)}`;
    },
  }))
);

function interim(mark: string): string {
  return `HTTP/1.1 103 Early Hints\r\n${fieldLine(mark)}\r\n`;
}

const tooMuch = fc.constantFrom<[string, Make]>(
  ["too long a head", (mark) => `HTTP/1.1 200 OK\r\n${`X-Mark: ${mark.repeat(2000)}\r\n`.repeat(12)}\r\n`],
  ["too long a field", (mark) => `HTTP/1.1 200 OK\r\nX-Mark: ${mark.repeat(30_000)}`],
  ["too many fields", (mark) => `HTTP/1.1 200 OK\r\n${fieldLine(mark).repeat(300)}\r\n`],
  ["endless interim responses", (mark) => interim(mark).repeat(100)],
  [
    "an interim response that closes the connection",
    (mark) => interim(mark).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
  ],
).map(([kind, make]) => ({ kind, untilEnd: false, inContent: false, make }));

const LENGTH = "Content-Length: 1000\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** A response with a valid head, up to its content. */
function opened(framing: string, mark: string): string {
  return `HTTP/1.1 200 OK\r\n${fieldLine(mark)}${framing}\r\n`;
}

/** Valid responses, truncated anywhere; there the connection ends. */
const cutShort = fc.tuple(fc.constantFrom(LENGTH, CHUNKED), fc.nat({ max: 999 })).map(([framing, place]) => ({
  kind: `an end in the middle, ${framing.trim()}, at ${place / 10}%`,
  untilEnd: true,
  inContent: true,
  make: (mark: string) => {
    const text = opened(framing, mark) +
      (framing === LENGTH ? mark.repeat(50) : chunk(mark) + chunk(mark) + "0\r\nA: b\r\n");
    return text.slice(0, Math.floor(place / 1000 * text.length));
  },
}));

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Invalid chunks. */
const CHUNKS: readonly string[] = [
  ...[
    "x\r\n",
    "-1\r\n",
    "+1\r\nx\r\n",
    "0x1\r\nx\r\n",
    " 1\r\nx\r\n",
    "1 1\r\nx\r\n",
    "\r\n",
    ";\r\n",
    "1,\r\nx\r\n",
    "1;a\x7f\r\nx\r\n",
  ],
  ...[
    "ffffffffffffffff\r\n",
    "10000000000000001\r\nx\r\n",
    "1\nx\r\n",
    "1\r\nx\n",
    "1\r\nxy\r\n",
    "2\r\nx\r\n0\r\n\r\n",
    "1\r\nx0\r\n\r\n",
  ],
  ...[
    "0\r\nA : b\r\n\r\n",
    "0\r\nA: b\r\n c\r\n\r\n",
    "0\r\n\n",
    "0\r\nA\r\n\r\n",
    "0\r\nContent-Length: 5\r\n\r\n",
    `1;${"x".repeat(5000)}\r\n`,
  ],
  ...[
    "HTTP/1.1 200 OK\r\n\r\n",
    "0\r\nHTTP/1.1 200 OK\r\n\r\n",
    `0\r\n${"A: b\r\n".repeat(300)}\r\n`,
    "1;a=\0\r\nx\r\n",
    "0\n\n",
  ],
];

const brokenChunks = fc.tuple(fc.constantFrom(...CHUNKS), fc.nat({ max: 3 })).map(([broken, before]) => ({
  kind: `a chunk: ${JSON.stringify(broken.slice(0, 50))}`,
  untilEnd: false,
  inContent: true,
  make: (mark: string) =>
    opened(CHUNKED, mark) + chunk(mark.repeat(5)).repeat(before) + broken + chunk(mark) + "0\r\n\r\n",
}));

/** Bytes of no protocol at all. */
const noise = fc.string({
  unit: fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
}).map((bytes) => ({
  kind: "noise",
  untilEnd: true,
  inContent: false,
  make: (mark: string) => bytes + mark,
}));

/** A broken response of any kind, given the request's serial. */
export const arbitraryBreakage: fc.Arbitrary<(serial: number) => Breakage> = fc.oneof(
  { arbitrary: brokenHead, weight: 8 },
  { arbitrary: brokenChunks, weight: 6 },
  { arbitrary: cutShort, weight: 5 },
  { arbitrary: tooMuch, weight: 1 },
  { arbitrary: noise, weight: 1 },
).map(({ make, ...what }) => (serial) => ({ ...what, text: make(markOf(serial)) }));
