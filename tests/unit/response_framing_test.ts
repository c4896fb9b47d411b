import { assertEquals, assertThrows } from "@std/assert";
import type { ResponseFraming } from "../../lib/http/framing.ts";
import { keepAliveMs, persists, responseFraming } from "../../lib/upstream/response_framing.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { parseResponseHead, type ResponseHead } from "../../lib/upstream/response_head.ts";

/** A head's field lines. */
type Lines = readonly string[];

interface Circumstances {
  readonly method?: string;
  readonly status?: number;
  readonly minorVersion?: 0 | 1;
}

function headOf(lines: Lines, { status = 200, minorVersion = 1 }: Circumstances = {}): ResponseHead {
  return parseResponseHead([`HTTP/1.${minorVersion} ${status} Any`, ...lines, "", ""].join("\r\n"));
}

/** Parses a whole head: it does not matter which half of the reader refuses it. */
function framing(lines: Lines, circumstances: Circumstances = {}): ResponseFraming {
  return responseFraming(circumstances.method ?? "GET", headOf(lines, circumstances));
}

const CLOSE: ResponseFraming = { kind: "close" };
const CHUNKED: ResponseFraming = { kind: "chunked" };
const NONE: ResponseFraming = { kind: "none" };

function length(count: number): ResponseFraming {
  return { kind: "length", length: count };
}

Deno.test("responseFraming() returns one length, chunked, or the connection's end", () => {
  const cases: [lines: Lines, framing: ResponseFraming, section: string][] = [
    [["content-length: 5"], length(5), "RFC 9112, 6.3, point 6"],
    [["content-length: 0"], length(0), "RFC 9112, 6.3, point 6"],
    [["Content-Length:   005 "], length(5), "RFC 9110, 8.6: 1*DIGIT"],
    [
      ["content-length: 999999999999999"],
      length(999_999_999_999_999),
      "RFC 9110, 8.6: any number that is safe",
    ],
    [["a: b", "content-length: 7", "c: d"], length(7), "RFC 9112, 6.3, point 6"],
    [["transfer-encoding: chunked"], CHUNKED, "RFC 9112, 6.3, point 4"],
    [["TRANSFER-encoding:CHUNKED  "], CHUNKED, "RFC 9112, 7: names of codings in any case"],
    [[], CLOSE, "RFC 9112, 6.3, point 8"],
    [["content-type: text/plain"], CLOSE, "RFC 9112, 6.3, point 8"],
    [["connection: keep-alive"], CLOSE, "RFC 9112, 6.3, point 8: whatever it says of the connection"],
  ];
  for (const [lines, expected, section] of cases) {
    assertEquals(framing(lines), expected, `${lines.join(" | ")} (${section})`);
  }
});

Deno.test("responseFraming() sees no content after HEAD, 1xx, 204 and 304, whatever the fields say", () => {
  const without: Circumstances[] = [
    { method: "HEAD" },
    { method: "HEAD", status: 404 },
    { status: 100 },
    { status: 103 },
    { status: 199 },
    { status: 204 },
    { status: 304 },
  ];
  for (const circumstances of without) {
    for (const lines of [[], ["content-length: 5"], ["transfer-encoding: chunked"]]) {
      const message = `${JSON.stringify(circumstances)} ${lines} (RFC 9112, 6.3, point 1)`;
      assertEquals(framing(lines, circumstances), NONE, message);
    }
  }
  for (const circumstances of [{ method: "head" }, { method: "OPTIONS" }, { status: 200 }, { status: 205 }]) {
    const message = `${JSON.stringify(circumstances)} has content (RFC 9112, 6.3; methods: RFC 9110, 9.1)`;
    assertEquals(framing(["content-length: 5"], circumstances), length(5), message);
  }
});

Deno.test("responseFraming() refuses what two readers could understand as two lengths", () => {
  const cases: [lines: Lines, why: string, section: string, circumstances?: Circumstances][] = [
    [
      ["content-length: 5", "transfer-encoding: chunked"],
      "both Content-Length and Transfer-Encoding",
      "RFC 9112, 6.3, point 3",
    ],
    [
      ["transfer-encoding: chunked", "content-length: 5"],
      "both Content-Length and Transfer-Encoding",
      "RFC 9112, 6.3, point 3: in either order",
    ],
    [["content-length: 5", "content-length: 6"], "more than one Content-Length", "RFC 9112, 6.3, point 5"],
    [
      ["content-length: 5", "content-length: 5"],
      "more than one Content-Length",
      "RFC 9112, 6.3, point 5, allows to refuse it",
    ],
    ...([
      ["5, 5", "RFC 9112, 6.3, point 5, allows to refuse it"],
      ["5,6", "RFC 9112, 6.3, point 5"],
      ["5 5", "RFC 9110, 8.6: 1*DIGIT"],
      ["+5", "RFC 9110, 8.6: no sign"],
      ["-5", "RFC 9110, 8.6: no sign"],
      ["-0", "RFC 9110, 8.6: no sign"],
      ["0x5", "RFC 9110, 8.6: decimal"],
      ["5e0", "RFC 9110, 8.6: decimal"],
      ["5.0", "RFC 9110, 8.6: whole"],
      ["a", "RFC 9110, 8.6: 1*DIGIT"],
      ["", "RFC 9110, 8.6: at least one digit"],
      ["\xb2", "RFC 9110, 8.6: DIGIT is ASCII"],
      ["1000000000000000", "RFC 9110, 8.6: overflow"],
      ["18446744073709551621", "RFC 9110, 8.6: overflow, 5 in 64 bits"],
      ["4294967301, 5", "RFC 9110, 8.6: overflow, 5 in 32 bits"],
    ] as const).map(([value, section]): [Lines, string, string] => [
      [`content-length: ${value}`],
      "invalid Content-Length",
      section,
    ]),
    ...([
      ["gzip, chunked", "RFC 9112, 7.4: nobody asked for it with TE"],
      ["chunked, gzip", "RFC 9112, 6.3, point 4: chunked is not last"],
      ["chunked, chunked", "RFC 9112, 6.1: applied once only"],
      ["identity", "RFC 9112, 7: unknown"],
      ["gzip", "RFC 9112, 7.4: nobody asked for it with TE"],
      ["xchunked", "RFC 9112, 7: unknown"],
      ["chunked;q=1", "RFC 9112, 7.1: chunked has no parameters"],
      ["chunked,", "RFC 9110, 5.6.1.2, lets it pass for chunked; here it is a second opinion"],
      ["\xa0chunked", "RFC 9110, 5.6.3: white space is space and tab only"],
      ["", "RFC 9112, 6.1: at least one coding"],
    ] as const).map(([value, section]): [Lines, string, string] => [
      [`transfer-encoding: ${value}`],
      "Transfer-Encoding other than chunked",
      section,
    ]),
    [
      ["content-length: 5\t"],
      "tab in a framing field",
      "RFC 9110, 5.6.3, allows it, but not all readers know",
    ],
    [
      ["Transfer-Encoding:\tchunked"],
      "tab in a framing field",
      "RFC 9110, 5.6.3, allows it, but not all readers know",
    ],
    [
      ["transfer-encoding: chunked", "transfer-encoding: chunked"],
      "more than one Transfer-Encoding",
      "RFC 9112, 6.1: applied once only",
    ],
    [
      ["transfer-encoding: gzip", "transfer-encoding: chunked"],
      "more than one Transfer-Encoding",
      "RFC 9112, 6.1: the two are one list",
    ],
    [
      ["transfer-encoding: chunked"],
      "Transfer-Encoding other than chunked",
      "RFC 9112, 6.1: faulty framing in HTTP/1.0",
      { minorVersion: 0 },
    ],
    [["content-length: x"], "invalid Content-Length", "a HEAD's too", { method: "HEAD" }],
    [["content-length: x"], "invalid Content-Length", "a 304's too", { status: 304 }],
  ];
  for (const [lines, why, section, circumstances] of cases) {
    const message = `${lines.join(" | ")} (${section})`;
    assertThrows(() => framing(lines, circumstances), BadResponse, why, message);
  }
});

Deno.test("persists() keeps a connection for HTTP/1.1 with a known end and without close", () => {
  const cases: [
    lines: Lines,
    framing: ResponseFraming,
    minorVersion: 0 | 1,
    kept: boolean,
    section: string,
  ][] = [
    [[], length(5), 1, true, "RFC 9112, 9.3"],
    [[], CHUNKED, 1, true, "RFC 9112, 9.3"],
    [[], NONE, 1, true, "RFC 9112, 9.3"],
    [["connection: keep-alive"], length(5), 1, true, "RFC 9112, 9.3"],
    [["connection: closed, x-close"], length(5), 1, true, "RFC 9110, 7.6.1: options are whole tokens"],
    [["x: close"], length(5), 1, true, "RFC 9110, 7.6.1"],
    [[], CLOSE, 1, false, "RFC 9112, 9.6: its end is the content's"],
    [["connection: close"], length(5), 1, false, "RFC 9112, 9.6"],
    [["connection: CLOSE"], length(5), 1, false, "RFC 9110, 7.6.1: options in any case"],
    [["connection: foo,\tclose ,bar"], length(5), 1, false, "RFC 9110, 5.6.1: a list"],
    [["connection: keep-alive", "connection: close"], CHUNKED, 1, false, "RFC 9110, 5.3: one list"],
    [["connection: close", "connection: keep-alive"], CHUNKED, 1, false, "RFC 9110, 5.3: in any order"],
    [["content-length: 0"], NONE, 1, true, "RFC 9110, 8.6"],
    [["content-length: 1"], NONE, 1, false, "some servers send it after all"],
    [["content-length: 5"], NONE, 1, false, "some servers send it after all"],
    [["transfer-encoding: chunked"], NONE, 1, false, "some servers send it after all"],
    [["content-length: 5"], length(5), 1, true, "RFC 9112, 9.3"],
    [["connection: keep-alive, close"], NONE, 1, false, "RFC 9112, 9.3: close comes first"],
    [["connection: keep-alive"], length(5), 0, false, "RFC 9112, 9.3: not for a proxy in HTTP/1.0"],
  ];
  for (const [lines, kind, minorVersion, kept, section] of cases) {
    const message = `${lines.join(" | ")} ${kind.kind} HTTP/1.${minorVersion} (${section})`;
    assertEquals(persists(headOf(lines, { minorVersion }), kind), kept, message);
  }
});

Deno.test("keepAliveMs() is a second less than what Keep-Alive says", () => {
  const cases: [value: string, wanted: number | undefined][] = [
    ["timeout=5", 4000],
    ["timeout=5, max=100", 4000],
    ["max=100, Timeout = 20", 19_000],
    ['timeout="3"', 2000],
    ["timeout=1", 0],
    ["timeout=0", 0],
    ["max=100", undefined],
    ["xtimeout=5", undefined],
    ["timeout=", undefined],
    ["", undefined],
  ];
  for (const [value, wanted] of cases) {
    assertEquals([value, keepAliveMs(headOf([`keep-alive: ${value}`]))], [value, wanted]);
  }
  assertEquals(keepAliveMs(headOf([])), undefined);
});
