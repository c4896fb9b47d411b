import { assert, assertEquals, assertThrows } from "@std/assert";
import { ChunkedDecoder, chunkLine, LAST_CHUNK } from "../../lib/upstream/chunked.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import { everyCut } from "../support/fake_socket.ts";

/** The result of decoding: the content, whether its end was reached, and what followed the end. */
type Decoded = [content: string, done: boolean, rest: string];

/** Decodes pieces in turn, each in place. */
function decode(...pieces: readonly string[]): Decoded {
  const decoder = new ChunkedDecoder();
  const content: Uint8Array[] = [];
  let rest = "";
  for (const piece of pieces) {
    // The piece begins after the front of its memory, and ends before its end.
    const bytes = latin1(`??${piece}??`);
    const to = bytes.length - 2;
    const { end, read } = decoder.decode(bytes, 2, to);
    assert(2 <= end && end <= read && read <= to, `${end} ${read} ${to}`);
    assert(read === to || decoder.done, "Only what follows the end may be left");
    assertEquals([fromLatin1(bytes.subarray(0, 2)), fromLatin1(bytes.subarray(to))], ["??", "??"]);
    content.push(bytes.slice(2, end));
    rest += fromLatin1(bytes.subarray(read, to));
  }
  return [fromLatin1(join(content)), decoder.done, rest];
}

const GOOD: readonly [text: string, content: string, rest: string, section: string][] = [
  ["0\r\n\r\n", "", "", "RFC 9112, 7.1: last-chunk"],
  ["000\r\n\r\n", "", "", 'RFC 9112, 7.1: last-chunk = 1*"0"'],
  ["5\r\nhello\r\n0\r\n\r\n", "hello", "", "RFC 9112, 7.1"],
  ["3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello", "", "RFC 9112, 7.1"],
  ["0005\r\nhello\r\n0\r\n\r\n", "hello", "", "RFC 9112, 7.1: 1*HEXDIG"],
  [
    "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
    "01234567890123456789a",
    "",
    "RFC 9112, 7.1: HEXDIG of both cases",
  ],
  ["5\r\n\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n", "", "RFC 9112, 7.1: content that looks like the end"],
  ["2\r\n\0\xff\r\n0\r\n\r\n", "\0\xff", "", "RFC 9112, 7.1: any byte"],
  ["5;x\r\nhello\r\n0\r\n\r\n", "hello", "", "RFC 9112, 7.1.1: an extension is read past"],
  ["5;x=y;z=1\r\nhello\r\n0;last\r\n\r\n", "hello", "", "RFC 9112, 7.1.1: several, and with the last chunk"],
  ['5;x="a;\\"\\\\ \t\xe9";y=""\r\nhello\r\n0\r\n\r\n', "hello", "", "RFC 9112, 7.1.1: quoted"],
  ["5 \r\nhello\r\n0\r\n\r\n", "hello", "", "padded with white space, as nginx takes it"],
  ["5\t \t\r\nhello\r\n0\r\n\r\n", "hello", "", "padded with white space, as nginx takes it"],
  ["5;\r\nhello\r\n0\r\n\r\n", "hello", "", "an extension of any form, as nginx takes it"],
  ["5;=y\r\nhello\r\n0\r\n\r\n", "hello", "", "an extension of any form"],
  ["5;x=\r\nhello\r\n0\r\n\r\n", "hello", "", "an extension of any form"],
  ["5;x,y z\r\nhello\r\n0\r\n\r\n", "hello", "", "an extension of any form"],
  ['5;x="\r\nhello\r\n0\r\n\r\n', "hello", "", "an extension of any form"],
  ["5 ; x = y\r\nhello\r\n0\r\n\r\n", "hello", "", "an extension of any form"],
  [
    `${"0".repeat(20)}5\r\nhello\r\n${"0".repeat(20)}\r\n\r\n`,
    "hello",
    "",
    "RFC 9112, 7.1: any number of zeros",
  ],
  ["5\r\nhello\r\n0\r\nA: b\r\n\r\n", "hello", "", "RFC 9112, 7.1.2: trailers are dropped"],
  ["0\r\n\r\nHTTP/1.1 200", "", "HTTP/1.1 200", "RFC 9112, 7.1: bytes past the end"],
  ["1\r\nx\r\n0\r\nA: b\r\n\r\n\r\n", "x", "\r\n", "RFC 9112, 7.1: bytes past the end"],
];

/** What is refused, by the error's message. */
const BAD: Readonly<Record<string, readonly (readonly [text: string, section: string])[]>> = {
  "invalid chunk size": [
    ["\r\n", "RFC 9112, 7.1: no size"],
    [";x\r\n", "RFC 9112, 7.1: no size"],
    ["g\r\n", "RFC 9112, 7.1: no HEXDIG"],
    ["0x5\r\nhello\r\n", "RFC 9112, 7.1: no HEXDIG"],
    ["5h\r\nhello\r\n", "RFC 9112, 7.1: no HEXDIG"],
    ["+5\r\nhello\r\n", "RFC 9112, 7.1: no sign"],
    ["-5\r\nhello\r\n", "RFC 9112, 7.1: no sign"],
    ["-0\r\n\r\n", "RFC 9112, 7.1: no sign"],
    [" 5\r\nhello\r\n", "RFC 9112, 7.1: no white space before it"],
    ["5 5\r\nhello\r\n", "RFC 9112, 7.1: one number"],
    ["5,5\r\nhello\r\n", "RFC 9112, 7.1: one number"],
    ["5.\r\nhello\r\n", "RFC 9112, 7.1: a whole number"],
    ["\xb2\r\nxx\r\n", "RFC 9112, 7.1: HEXDIG is ASCII"],
    ["20000000000000\r\n", "RFC 9112, 7.1: overflow, 2^53"],
    ["10000000000000005\r\nhello\r\n", "RFC 9112, 7.1: overflow, 5 in 64 bits"],
    ["fffffffffffffffb\r\n", "RFC 9112, 7.1: overflow, -5 in 64 bits"],
    ["5\rhello\r\n0\r\n\r\n", "RFC 9112, 2.2: a bare CR"],
    ["5\r\r\nhello\r\n", "RFC 9112, 2.2: a bare CR"],
    ["5\r;x\r\nhello\r\n", "RFC 9112, 2.2: a bare CR"],
    ["5\nhello\r\n0\r\n\r\n", "RFC 9112, 7.1: a bare LF"],
    ["5;x\nhello\r\n0\r\n\r\n", "RFC 9112, 7.1: a bare LF after an extension"],
    ["5;x\0\r\nhello\r\n", "RFC 9112, 7.1.1: NUL"],
    ["5;x\x7f\r\nhello\r\n", "RFC 9112, 7.1.1: a control byte"],
    ["5;x\r5\r\nhello\r\n", "RFC 9112, 7.1.1: a bare CR"],
    ['5;x="\n"\r\nhello\r\n', "RFC 9112, 7.1.1: a bare LF"],
    ["5\r\nhello\r\n\r\n", "RFC 9112, 7.1: an empty line is no size"],
  ],
  "chunk data longer than its size": [
    ['5;x="a\r\n"\r\nhello\r\n', "RFC 9112, 7.1.1: a line's end in a quotation"],
    ["5\r\nhello0\r\n\r\n", "RFC 9112, 7.1"],
    ["4\r\nhello\r\n0\r\n\r\n", "RFC 9112, 7.1"],
    ["6\r\nhello\r\n0\r\n\r\n", "RFC 9112, 7.1: shorter, in truth"],
    ["5\r\nhello\n0\r\n\r\n", "RFC 9112, 7.1: a bare LF"],
    ["5\r\nhello\r0\r\n\r\n", "RFC 9112, 2.2: a bare CR"],
    ["5\r\nhello\r\r\n0\r\n\r\n", "RFC 9112, 2.2: a bare CR"],
    ["5\r\nhello\n\r0\r\n\r\n", "RFC 9112, 7.1"],
  ],
  "line ends in a bare LF": [
    ["0\r\n\n", "RFC 9112, 7.1"],
    ["0\r\nA: b\n\r\n", "RFC 9112, 7.1.2"],
    ["0\r\nA: b\r\n\n", "RFC 9112, 7.1"],
  ],
  "content-length in the trailers": [["0\r\nA: b\r\nContent-Length: 0\r\n\r\n", "RFC 9110, 6.5.1"]],
  "transfer-encoding in the trailers": [["0\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9110, 6.5.1"]],
  "invalid field line": [
    ["0\r\nA : b\r\n\r\n", "RFC 9112, 5.1"],
    ["0\r\nA: b\r\n c\r\n\r\n", "RFC 9112, 5.2"],
    ["0\r\nHTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 7.1.2: another response is no trailer"],
    ["0\r\nA: \0\r\n\r\n", "RFC 9110, 5.5"],
    ["0\r\nA: b\rc\r\n\r\n", "RFC 9112, 2.2"],
    ["0\r\n\r\r\n\r\n", "RFC 9112, 2.2"],
  ],
};

Deno.test("ChunkedDecoder removes the coding and stops at its end", () => {
  for (const [text, content, rest, section] of GOOD) {
    assertEquals(decode(text), [content, true, rest], `${JSON.stringify(text)} (${section})`);
  }
});

Deno.test("ChunkedDecoder refuses invalid chunks", () => {
  for (const [why, cases] of Object.entries(BAD)) {
    for (const [text, section] of cases) {
      assertThrows(() => decode(text), BadResponse, why, `${JSON.stringify(text)} (${section})`);
    }
  }
});

Deno.test("ChunkedDecoder returns the same however its input is split", () => {
  for (const [text, content, rest] of GOOD) {
    for (const pieces of [...everyCut(text), [...text]]) {
      assertEquals(decode(...pieces), [content, true, rest], JSON.stringify(pieces));
    }
  }
  for (const [why, cases] of Object.entries(BAD)) {
    for (const [text] of cases) {
      for (const pieces of [...everyCut(text), [...text]]) {
        assertThrows(() => decode(...pieces), BadResponse, why, JSON.stringify(pieces));
      }
    }
  }
});

Deno.test("ChunkedDecoder is not done before its last byte, and holds back no content", () => {
  const text = "5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n";
  for (let length = 0; length < text.length; length++) {
    const [content, done] = decode(text.slice(0, length));
    const come = [...text.slice(0, length)].filter((_, at) => (at >= 7 && at < 12) || (at >= 17 && at < 20));
    assertEquals([content, done], [come.join(""), false], text.slice(0, length));
  }
});

Deno.test("ChunkedDecoder refuses an invalid size before its line has ended", () => {
  for (const text of ["g", "HTTP/1.1 200 OK", "<html>", "\r\n", "5x", "0x", "x5", " 5"]) {
    assertThrows(() => decode(text), BadResponse, "invalid chunk size", text);
  }
});

Deno.test("ChunkedDecoder accepts the largest size that a number holds exactly", () => {
  assertEquals(decode("fffffffffffff\r\nx"), ["x", false, ""]);
});

Deno.test("ChunkedDecoder ignores an extension of 4 KiB and refuses endless lines and trailers", () => {
  const line = (length: number) => `1;${"x".repeat(length - 4)}\r\n`;
  assertEquals(decode(`${line(4096)}x\r\n0\r\n\r\n`), ["x", true, ""]);
  const refusal = [BadResponse, "chunk line or trailers too long"] as const;
  for (const pieces of [[line(4097)], [line(9999).slice(0, -2)], [...line(4097)]]) {
    assertThrows(() => decode(...pieces), ...refusal);
  }
  const trailer = (length: number) => `A: ${"x".repeat(length - 7)}\r\n\r\n`;
  assertEquals(decode(`0\r\n${trailer(64 * 1024)}`), ["", true, ""]);
  assertThrows(() => decode(`0\r\n${trailer(64 * 1024 + 1)}`), ...refusal);
  assertThrows(() => decode("0\r\n", ...Array(7000).fill("a: bcdefg\r\n")), ...refusal);
});

Deno.test("ChunkedDecoder reads what chunkLine() and LAST_CHUNK write", () => {
  for (const length of [1, 9, 10, 15, 16, 255, 4096, 65520]) {
    const content = "x".repeat(length);
    assertEquals(decode(`${chunkLine(length)}${content}\r\n${LAST_CHUNK}`), [content, true, ""]);
  }
});

Deno.test("ChunkedDecoder does not look at what lies beyond the bytes that it is given", () => {
  const text = "5\r\nhello\r\n10;a=b\r\n0123456789abcdef\r\n0\r\nX-A: b\r\n\r\n";
  for (let cut = 0; cut <= text.length; cut++) {
    const decoder = new ChunkedDecoder();
    // What follows the cut lies in the same memory, as if left from before.
    const content = [[0, cut], [cut, text.length]].map(([from = 0, to = 0]) => {
      const bytes = latin1(text);
      const { end, read } = decoder.decode(bytes, from, to);
      assertEquals(read, to, `${cut}`);
      return fromLatin1(bytes.subarray(from, end));
    });
    assertEquals([content.join(""), decoder.done], ["hello0123456789abcdef", true], `${cut}`);
  }
});

Deno.test("ChunkedDecoder makes no string for a chunk whose line is a plain size, however small the chunks are", () => {
  const { fromCharCode } = String;
  let made = 0;
  // In one piece, and in pieces that end with a line, with data, or with an end of data.
  const chunks = [1, 5, 9, 10, 15, 16, 31, 160, 255, 256, 4096, 0x10203].map((length) =>
    [`${length.toString(16)}\r\n`, "x".repeat(length), "\r\n"] as const
  );
  const cuts = [
    [chunks.flat().join("")],
    chunks.map((parts) => parts.join("")),
    chunks.flatMap(([line, ...rest]) => [line, rest.join("")]),
    chunks.flat(),
  ];
  for (const pieces of cuts) {
    const decoder = new ChunkedDecoder();
    const all = pieces.map(latin1);
    let length = 0;
    String.fromCharCode = (...codes) => {
      made++;
      return fromCharCode(...codes);
    };
    try {
      for (const bytes of all) length += decoder.decode(bytes, 0, bytes.length).end;
    } finally {
      String.fromCharCode = fromCharCode;
    }
    assertEquals([length, made], [chunks.flatMap(([, data]) => data).join("").length, 0]);
  }
});
