import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import {
  FIELD_LIMIT,
  findHeadEnd,
  HEAD_LIMIT,
  parseFieldLines,
  parseResponseHead,
} from "../../lib/upstream/response_head.ts";
import { latin1 } from "../support/bytes.ts";
import { everyCut, FakeSocket } from "../support/fake_socket.ts";

/** Reads a head as the service does: from a connection, and then parses it. */
async function readHead(
  ...pieces: readonly string[]
): Promise<[status: number, minor: number, fields: unknown]> {
  const text = await new Connection(new FakeSocket(pieces)).readHead();
  if (text === undefined) throw new Error("No head came");
  const { status, minorVersion, fields } = parseResponseHead(text);
  return [status, minorVersion, fields];
}

/** Valid heads, with what must be read from them. */
const GOOD: readonly [
  text: string,
  status: number,
  minor: number,
  fields: [string, string][],
  section: string,
][] = [
  ["HTTP/1.1 200 OK\r\n\r\n", 200, 1, [], "RFC 9112, 4"],
  ["HTTP/1.1 103 Any\r\nConnection: closed\r\n\r\n", 103, 1, [["connection", "closed"]], "RFC 9110, 15.2"],
  ["HTTP/1.0 404 Not Found\r\n\r\n", 404, 0, [], "RFC 9112, 2.3"],
  ["HTTP/1.1 200 \r\n\r\n", 200, 1, [], "RFC 9112, 4: the reason may be empty"],
  ["HTTP/1.1 200\r\n\r\n", 200, 1, [], "RFC 9112, 4: and many leave its space out as well"],
  ["HTTP/1.1 299 \tl\xe9 \x80\xff!\r\n\r\n", 299, 1, [], "RFC 9112, 4: tabs and obs-text in the reason"],
  ["HTTP/1.1 999 Any\r\n\r\n", 999, 1, [], "RFC 9110, 15: three digits"],
  ["HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 200, 1, [["a", "b"]], "RFC 9112, 5"],
  ["HTTP/1.1 200 OK\r\nA:b\r\n\r\n", 200, 1, [["a", "b"]], "RFC 9112, 5: the white space is optional"],
  ["HTTP/1.1 200 OK\r\nA: \t b c\t \r\n\r\n", 200, 1, [["a", "b c"]], "RFC 9112, 5.1: nor part of the value"],
  [
    "HTTP/1.1 200 OK\r\nX-Content-Length: a\tb\r\nContent-Length: 5\r\n\r\n",
    200,
    1,
    [["x-content-length", "a\tb"], ["content-length", "5"]],
    "RFC 9110, 5.5: a tab in any other field",
  ],
  ["HTTP/1.1 200 OK\r\nA:\r\nB: \t\r\n\r\n", 200, 1, [["a", ""], ["b", ""]], "RFC 9110, 5.5: empty values"],
  [
    "HTTP/1.1 200 OK\r\nA: \xa0b\xa0\r\n\r\n",
    200,
    1,
    [["a", "\xa0b\xa0"]],
    "RFC 9110, 5.6.3: no other space",
  ],
  [
    "HTTP/1.1 200 OK\r\nX-Y: 1\r\nx-y: 2\r\nX-y: 1\r\n\r\n",
    200,
    1,
    [["x-y", "1"], ["x-y", "2"], ["x-y", "1"]],
    "RFC 9110, 5.3: in their order",
  ],
  [
    "HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09Az: :\"(),/:;<=>?@[\\]{}\r\n\r\n",
    200,
    1,
    [["!#$%&'*+-.^_`|~09az", ':"(),/:;<=>?@[\\]{}']],
    "RFC 9110, 5.6.2: token",
  ],
  [
    "HTTP/1.1 200 OK\r\nA: \x80\x9f\xff caf\xc3\xa9\r\n\r\n",
    200,
    1,
    [["a", "\x80\x9f\xff caf\xc3\xa9"]],
    "RFC 9110, 5.5: obs-text, each byte as it is",
  ],
];

/** Invalid field lines. No other line hides one, wherever it stands. */
const BAD_LINES: readonly (readonly [lines: string, section: string])[] = [
  ["A : b", "RFC 9112, 5.1: a space before the colon"],
  ["A\t: b", "RFC 9112, 5.1: a tab before the colon"],
  ["A: b\r\n c", "RFC 9112, 5.2: a folded line"],
  ["A: b\r\n\tc", "RFC 9112, 5.2: a folded line"],
  ["A: b\r\n ", "RFC 9112, 5.2: a folded line with nothing in it"],
  [" A: b", "RFC 9112, 2.2: white space before the first field"],
  ["A: b\rc", "RFC 9112, 2.2: a bare CR"],
  ["A: b\rcD: e", "RFC 9112, 2.2: a bare CR"],
  ["A: b\r", "RFC 9112, 2.2: a bare CR before the line's end"],
  ["A: \rb", "RFC 9112, 2.2: a bare CR"],
  ["A\r: b", "RFC 9112, 2.2: a bare CR"],
  ["\r", "RFC 9112, 2.2: a bare CR"],
  ["A: b\0", "RFC 9110, 5.5: NUL"],
  ["A\0: b", "RFC 9110, 5.6.2: NUL"],
  ["A: b\x01", "RFC 9110, 5.5: a control byte"],
  ["A: b\x0bc", "RFC 9110, 5.5: a control byte"],
  ["A: b\x1f", "RFC 9110, 5.5: a control byte"],
  ["A: b\x7f", "RFC 9110, 5.5: a control byte"],
  [": b", "RFC 9110, 5.1: an empty name"],
  ["A", "RFC 9112, 5: no colon"],
  ["A b: c", "RFC 9110, 5.1: a space in the name"],
  ["A(: b", "RFC 9110, 5.6.2: no token"],
  ["A/B: c", "RFC 9110, 5.6.2: no token"],
  ['"A": b', "RFC 9110, 5.6.2: no token"],
  ["\xe9: b", "RFC 9110, 5.6.2: no token"],
  ["Content-Length\xa0: 5", "RFC 9110, 5.6.2: no token"],
];

/** Invalid heads, by the error's message. */
const BAD: Readonly<Record<string, readonly (readonly [text: string, section: string])[]>> = {
  "no HTTP/1 status line": [
    ["HTTP/2.0 200 OK\r\n\r\n", "RFC 9112, 2.3: another major version"],
    ["HTTP/1.2 200 OK\r\n\r\n", "RFC 9112, 2.3: no minor version that exists"],
    ["HTTP/1.10 200 OK\r\n\r\n", "RFC 9112, 2.3: one digit"],
    ["HTTP/0.9 200 OK\r\n\r\n", "RFC 9112, 2.3"],
    ["HTTP/1.9 HTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 4: nothing before it"],
    ["HTTP/1.x\r\nHTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 4: nothing before it"],
    ["HTTP/1,1 200 OK\r\n\r\n", "RFC 9112, 2.3"],
    ["http/1.1 200 OK\r\n\r\n", "RFC 9112, 2.3: case counts"],
    ["ICY 200 OK\r\n\r\n", "RFC 9112, 2.3"],
    ["\r\nHTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 2.2: empty lines are for servers to pass over"],
    [" HTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 4"],
    ["\0HTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 4"],
    ["\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n", "RFC 9112, 4: no byte order mark"],
    ["HTTP/1.1  200 OK\r\n\r\n", "RFC 9112, 4: one space"],
    ["HTTP/1.1\t200 OK\r\n\r\n", "RFC 9112, 4: one space"],
    ["HTTP/1.1 20 OK\r\n\r\n", "RFC 9112, 4: three digits"],
    ["HTTP/1.1 2000 OK\r\n\r\n", "RFC 9112, 4: three digits"],
    ["HTTP/1.1 099 OK\r\n\r\n", "RFC 9110, 15: from 100"],
    ["HTTP/1.1 +20 OK\r\n\r\n", "RFC 9112, 4: three digits"],
    ["HTTP/1.1 2x0 OK\r\n\r\n", "RFC 9112, 4: three digits"],
    ["HTTP/1.1 200OK\r\n\r\n", "RFC 9112, 4: a space before the reason"],
    ["HTTP/1.1 200\tOK\r\n\r\n", "RFC 9112, 4: a space before the reason"],
    ["HTTP/1.1\r\n\r\n", "RFC 9112, 4: no status"],
    ["HTTP/1.1 200 O\0K\r\n\r\n", "RFC 9112, 4: NUL in the reason"],
    ["HTTP/1.1 200 O\x1bK\r\n\r\n", "RFC 9112, 4: a control byte in the reason"],
    ["HTTP/1.1 200 O\x7fK\r\n\r\n", "RFC 9112, 4: a control byte in the reason"],
    ["HTTP/1.1 200 O\rK\r\n\r\n", "RFC 9112, 2.2: a bare CR"],
    ["HTTP/1.1 200 OK\r\r\n\r\n", "RFC 9112, 2.2: a bare CR"],
    ["220 mail.test ESMTP\r\n", "RFC 9112, 4: another protocol"],
    ["\x15\x03\x01\0\x02\x02\x28", "RFC 9112, 4: an alert of TLS"],
  ],
  "invalid field line": BAD_LINES.flatMap(([lines, section]) => [
    [`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`, section],
    [`HTTP/1.1 200 OK\r\nX: y\r\n${lines}\r\nZ: y\r\n\r\n`, section],
  ]),
  "line ends in a bare LF": [
    ["HTTP/1.1 200 OK\n\n", "RFC 9112, 2.2, lets a reader take it, but none must"],
    ["HTTP/1.1 200 OK\n", "RFC 9112, 2.2: and it need not wait for more"],
    ["HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "RFC 9112, 2.2"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n\n", "RFC 9112, 2.2"],
    ["HTTP/1.1 200 OK\r\n\n\r\n", "RFC 9112, 2.2"],
    ["HTTP/1.1 200 OK\r\nA:\n", "RFC 9112, 2.2"],
  ],
  "interim response that closes the connection": [
    [
      "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n",
      "RFC 9112, 9.6: the final one could not follow",
    ],
    ["HTTP/1.1 100 Continue\r\nA: b\r\nConnection: x, Close\r\n\r\n", "RFC 9112, 9.6"],
    ["HTTP/1.0 100 Continue\r\n\r\n", "RFC 9110, 15.2: HTTP/1.0 has none"],
  ],
  "tab in a framing field": [
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\t\r\n\r\n", "RFC 9110, 5.6.3: not every reader knows it"],
    ["HTTP/1.1 200 OK\r\nA: b\r\ntransfer-encoding:\t chunked\r\n\r\n", "RFC 9110, 5.6.3"],
  ],
  "connection closed within a head": [
    ["H", "RFC 9112, 8"],
    ["HTTP/1.1 200 OK\r", "RFC 9112, 8"],
    ["HTTP/1.1 200 OK\r\n", "RFC 9112, 8"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n", "RFC 9112, 8"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n\r", "RFC 9112, 8"],
  ],
};

Deno.test("readHead() and parseResponseHead() read a head as it was meant to be read", async () => {
  for (const [text, status, minor, fields, section] of GOOD) {
    assertEquals(await readHead(text), [status, minor, fields], `${JSON.stringify(text)} (${section})`);
  }
});

Deno.test("readHead() and parseResponseHead() refuse what two readers could understand in two ways", async () => {
  for (const [why, cases] of Object.entries(BAD)) {
    for (const [text, section] of cases) {
      await assertRejects(() => readHead(text), BadResponse, why, `${JSON.stringify(text)} (${section})`);
    }
  }
});

Deno.test("readHead() returns the same however a head is split", async () => {
  for (const [text, status, minor, fields] of GOOD) {
    for (const pieces of [...everyCut(text), [...text]]) {
      assertEquals(await readHead(...pieces), [status, minor, fields], JSON.stringify(pieces));
    }
  }
  for (const [why, cases] of Object.entries(BAD)) {
    for (const pieces of cases.flatMap(([text]) => [...everyCut(text), [...text]])) {
      await assertRejects(() => readHead(...pieces), BadResponse, why, JSON.stringify(pieces));
    }
  }
});

Deno.test("readHead() reads only the first head and leaves what follows it", async () => {
  const text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nrest\r\n\r\n";
  for (const pieces of [[text], ...everyCut(text), [...text]]) {
    const connection = new Connection(new FakeSocket(pieces));
    const heads = [await connection.readHead(), await connection.readHead()];
    assertEquals(heads, ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"]);
    while (await connection.fill() > 0);
    assertEquals(connection.buffered, latin1("rest\r\n\r\n"), JSON.stringify(pieces));
  }
});

Deno.test("readHead() distinguishes a connection that ended before the first byte from one that ended later", async () => {
  assertEquals(await new Connection(new FakeSocket([])).readHead(), undefined);
  await assertRejects(
    () => new Connection(new FakeSocket(["H"])).readHead(),
    BadResponse,
    "within a head",
  );
});

Deno.test("readHead() accepts a head of 64 KiB and refuses a longer one before its end", async () => {
  assertEquals(HEAD_LIMIT, 64 * 1024);
  const frame = "HTTP/1.1 200 OK\r\nA: \r\n\r\n";
  function head(length: number): string {
    return frame.replace("A: ", `A: ${"x".repeat(length - frame.length)}`);
  }
  function inPieces(text: string, size: number): string[] {
    return Array.from(
      { length: Math.ceil(text.length / size) },
      (_, at) => text.slice(at * size, (at + 1) * size),
    );
  }
  const refusal = [BadResponse, `head larger than ${HEAD_LIMIT} bytes`] as const;
  for (const size of [1, 1000, 4096, 16 * 1024, 100_000]) {
    const [, , fields] = await readHead(...inPieces(head(HEAD_LIMIT), size));
    assertEquals((fields as string[][])[0]?.[1]?.length, HEAD_LIMIT - frame.length);
    await assertRejects(
      () => readHead(...inPieces(head(HEAD_LIMIT + 1), size)),
      ...refusal,
      `pieces of ${size}`,
    );
    const endless = head(HEAD_LIMIT + 3).slice(0, -2);
    await assertRejects(
      () => readHead(...inPieces(endless, size)),
      ...refusal,
      `endless, in pieces of ${size}`,
    );
  }
});

Deno.test("readHead() finds a head that follows another of nearly its own size", async () => {
  const long = `HTTP/1.1 103 Early Hints\r\nA: ${"x".repeat(40_000)}\r\n\r\n`;
  const next = `HTTP/1.1 200 OK\r\nA: ${"y".repeat(60_000)}\r\n\r\n`;
  const connection = new Connection(new FakeSocket([long + next + "rest"]));
  assertEquals(await connection.readHead(), long);
  assertEquals(await connection.readHead(), next);
});

Deno.test("findHeadEnd() refuses another protocol by its first byte, and a bare LF as soon as it arrives", () => {
  for (const text of ["S", "HTTP/2", "H1", "HTTP/1 "]) {
    assertThrows(() => findHeadEnd(latin1(text), 0), BadResponse, "no HTTP/1 status line", text);
  }
  assertThrows(() => findHeadEnd(latin1("HTTP/1.1 200 OK\n"), 0), BadResponse, "bare LF");
  assertEquals(findHeadEnd(latin1("HTTP/1.1 200 OK\r"), 0), -1);
  assertEquals(findHeadEnd(latin1("HTTP/1.1 200 OK\r\n"), 16), -1);
  const long = `HTTP/1.1 200 OK\r\nA: ${"b".repeat(HEAD_LIMIT)}`;
  assertEquals(findHeadEnd(latin1(long.slice(0, HEAD_LIMIT)), 0), -1);
  assertThrows(() => findHeadEnd(latin1(long.slice(0, HEAD_LIMIT + 1)), 0), BadResponse, "larger than");
});

Deno.test("what a longer head has left in the buffer is no part of the next one, however that one is cut", async () => {
  const long = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n";
  const short = "HTTP/1.1 204 No\r\n\r\n";
  for (let at = 1; at < short.length; at++) {
    const connection = new Connection(new FakeSocket([long, short.slice(0, at), short.slice(at)]));
    assertEquals(await connection.readHead(), long);
    assertEquals(await connection.readHead(), short, String(at));
  }
  const left = latin1("HTTP/1.1 2\r\n\r\n\n");
  assertEquals(findHeadEnd(left, 0, 10), -1);
  assertEquals(findHeadEnd(left, 0, 13), -1);
  assertEquals(findHeadEnd(left, 0, 14), 14);
});

Deno.test("parseResponseHead() accepts 256 fields and refuses the 257th", () => {
  function head(count: number): string {
    return `HTTP/1.1 200 OK\r\n${Array.from({ length: count }, (_, at) => `f${at}: ${at}\r\n`).join("")}\r\n`;
  }
  const { fields } = parseResponseHead(head(FIELD_LIMIT));
  assertEquals([FIELD_LIMIT, fields.length, fields[255]], [256, 256, ["f255", "255"]]);
  assertThrows(() => parseResponseHead(head(257)), BadResponse, "more than 256 fields");
});

Deno.test("parseResponseHead() returns the fields of the framing by themselves, the options of the connection as one list", () => {
  const framingOf = (...lines: readonly string[]) =>
    parseResponseHead(["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n")).framing;
  const none = {
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    keepAlive: undefined,
  };
  assertEquals(framingOf("A: b"), none);
  assertEquals(framingOf("Connection: a"), { ...none, connection: "a" });
  assertEquals(framingOf("Connection: a", "Connection: b, c"), { ...none, connection: "a, b, c" });
  assertEquals(framingOf("Content-Length: 5", "Keep-Alive: timeout=5"), {
    ...none,
    contentLength: "5",
    keepAlive: "timeout=5",
  });
  assertEquals(framingOf("Transfer-Encoding: Chunked"), { ...none, transferEncoding: "Chunked" });
});

Deno.test("parseFieldLines() reads up to the empty line that ends its text, and refuses a text without it", () => {
  assertEquals(parseFieldLines("A: b\r\nC: d\r\n\r\n", 6), [["c", "d"]]);
  assertEquals(parseFieldLines("\r\n", 0), []);
  for (const text of ["A: b\r\n", "A: b\r\nC: d\r\n", "A: b"]) {
    assertThrows(() => parseFieldLines(text, 0), BadResponse, "invalid field line", text);
  }
});
