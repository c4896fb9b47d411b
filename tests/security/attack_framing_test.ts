/**
 * Attacks on where a request begins and ends: nothing that two parsers could read in two ways reaches an upstream, and
 * a request hidden in another stays content.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  AFTER,
  type Attack,
  CUT,
  HUNG_UP,
  REFUSED,
  requestText,
  responsesTo,
  SERVED,
  useAttackFixture,
} from "../support/attack_fixture.ts";
import { connectRaw, request } from "../support/wire.ts";

const fixture = useAttackFixture();

const CHUNKED = "Transfer-Encoding: chunked";
const HELLO = "5\r\nhello\r\n0\r\n\r\n";
const HIDDEN = requestText("GET /a/hidden");
const HIDDEN_CHUNK = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n`;

function post(fields: readonly string[], content = "", path = "/a/x"): string {
  return requestText(`POST ${path}`, fields, content);
}

function get(field: string): string {
  return requestText("GET /a/x", [field]);
}

/** A chunked request whose raw content is these bytes. */
function chunked(content: string): string {
  return post([CHUNKED], content);
}

/** Escapes a text for the name of a test step. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 20)}… (${text.length})` : text);
}

const LENGTHS: readonly Attack[] = [
  ["a length and chunks", post(["Content-Length: 5", CHUNKED], HELLO), CUT],
  ["chunks and a length", post([CHUNKED, "Content-Length: 5"], HELLO), CUT],
  ["a request hidden from a length", post(["Content-Length: 5", CHUNKED], `0\r\n\r\n${HIDDEN}`), CUT],
  ["a request hidden from the chunks", post([CHUNKED, "Content-Length: 4"], `${HIDDEN_CHUNK}0\r\n\r\n`), CUT],
  ["lengths that differ", post(["Content-Length: 5", "Content-Length: 6"], "hello"), CUT],
  ["the larger of them first", post(["Content-Length: 6", "Content-Length: 5"], "hello"), CUT],
  ...[
    "5, 5",
    "5,5",
    "5, 6",
    "5,",
    ",5",
    "+5",
    "-1",
    "-0",
    "0x5",
    "0o5",
    "5 5",
    "5.0",
    "5e0",
    "",
    "five",
    "1_0",
    "\xd9\xa5",
    "5;",
    '"5"',
    "5\x0b",
    "\x0c5",
    "18446744073709551621",
    "99999999999999999999",
    "9".repeat(60_000),
  ].map((
    length,
  ): Attack => [`the length ${shown(length)}`, post([`Content-Length: ${length}`], "hello"), CUT]),
  ...[
    "Content-Length : 5",
    "Content-Length\t: 5",
    " Content-Length: 5",
    "\x0bContent-Length: 5",
    "Content-Length:\r\n 5",
    "Content-Length",
    "Content-Length; 5",
    "Content-Length\0: 5",
  ].map((field): Attack => [shown(field), post([field], "hello"), CUT]),
];

Deno.test("an ambiguous length is refused", (test) => fixture.run(test, LENGTHS));

Deno.test("an ambiguous length is refused when sent byte by byte", (test) => {
  return fixture.run(test, LENGTHS.filter(([, sent]) => sent.length < 1000), "byte by byte");
});

Deno.test("a length that the runtime accepts and other parsers may read differently is refused", (test) =>
  fixture.run(test, [
    ["a doubled length", post(["Content-Length: 5", "Content-Length: 5"], "hello"), REFUSED],
    [
      "a doubled length in two spellings",
      post(["Content-Length: 5", "Content-Length: 05"], "hello"),
      REFUSED,
    ],
    ["a doubled length of nothing", post(["Content-Length: 0", "Content-Length: 0"]), REFUSED],
    ["sixteen digits", post(["Content-Length: 0000000000000005"], "hello"), REFUSED],
    ["a GET with content", requestText("GET /a/x", [`Content-Length: ${HIDDEN.length}`], HIDDEN), REFUSED],
    ["a GET with chunks", requestText("GET /a/x", [CHUNKED], `${HIDDEN_CHUNK}0\r\n\r\n`), REFUSED],
    ["a GET with an empty chunk", requestText("GET /a/x", [CHUNKED], "0\r\n\r\n"), REFUSED],
  ]));

Deno.test("an unrepresentable length is refused at once", async () => {
  const response = await request(fixture.service.port, post(["Content-Length: 9007199254740993"], "hello"));
  assertEquals([response.status, response.field("cred-proxy-error")], [400, "bad_request"]);
  await fixture.assertServes();
});

Deno.test("a length in a valid alternative spelling is that length", (test) => {
  const reached = [["POST /x", ["content-length: 5"], "hello"]] as const;
  return fixture.run(test, [
    ["zeros in front", post(["Content-Length: 005"], "hello"), SERVED, reached],
    ["tabs around it", post(["Content-Length:\t5\t"], "hello"), SERVED, reached],
    ["odd case", post(["cOnTeNt-LeNgTh: 5"], "hello"), SERVED, reached],
  ]);
});

const CODINGS: readonly Attack[] = [
  ...[
    "xchunked",
    "chunkedx",
    "chunked, identity",
    "identity, chunked",
    "identity,chunked",
    "chunked, chunked",
    "chunked, gzip",
    "gzip",
    "deflate",
    "identity",
    '"chunked"',
    "chunked;q=1",
    "chunked ;",
    "chun ked",
    "chunked,",
    ", chunked",
    "",
    "\x0bchunked",
    "chunked\x0b",
    "chunked\xa0",
    "\xa0chunked",
    "chunked\0",
    "\r\n chunked",
    "x\r\nX-A: chunked",
  ].map((
    coding,
  ): Attack => [`the coding ${shown(coding)}`, post([`Transfer-Encoding: ${coding}`], HELLO), CUT]),
  ...[
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\t: chunked",
    " Transfer-Encoding: chunked",
    "Transfer-Encoding\0: chunked",
    "Transfer\xad-Encoding: chunked",
    "X-A: 1\rTransfer-Encoding: chunked",
  ].map((field): Attack => [shown(field), post([field], HELLO), CUT]),
  ["chunked twice", post([CHUNKED, CHUNKED], HELLO), CUT],
  [
    "chunked, then identity in a field of its own",
    post([CHUNKED, "Transfer-Encoding: identity"], HELLO),
    CUT,
  ],
  [
    "identity in a field of its own, then chunked",
    post(["Transfer-Encoding: identity", CHUNKED], HELLO),
    CUT,
  ],
  ["chunks in HTTP/1.0", chunked(HELLO).replace("HTTP/1.1", "HTTP/1.0"), CUT],
];

Deno.test("a coding other than chunked alone is refused", (test) =>
  fixture.run(test, [
    ...CODINGS,
    ["gzip, chunked", post(["Transfer-Encoding: gzip, chunked"], HELLO), REFUSED],
    ["gzip and chunked in two fields", post(["Transfer-Encoding: gzip", CHUNKED], HELLO), REFUSED],
  ]));

Deno.test("a coding other than chunked alone is refused when sent byte by byte", (test) => {
  return fixture.run(test, CODINGS, "byte by byte");
});

Deno.test("chunks in any unambiguous spelling arrive in the canonical one", (test) => {
  const reached = [["POST /x", ["transfer-encoding: chunked"], HELLO]] as const;
  const codings = ["CHUNKED", "cHuNkEd", "\tchunked", "chunked\t"];
  const sizes = ["5", "05", "0".repeat(300) + "5", "5 ", " 5"];
  const extensions = [";", ";x=y", '; x="a;b"', " ;x", ';x="\\""', ";\xff", `;${"x".repeat(4000)}`];
  const ends = [
    "00",
    "0000",
    "0;x=y",
    "0\r\nX-A: 1",
    "0\r\nAuthorization: mine\r\nContent-Length: 9\r\nHost: other",
  ];
  return fixture.run(test, [
    ...codings.map((coding): Attack => [
      `the coding ${shown(coding)}`,
      post([`Transfer-Encoding: ${coding}`], HELLO),
      SERVED,
      reached,
    ]),
    ...[...sizes, ...extensions.map((extension) => `5${extension}`)].map((line): Attack => [
      `the chunk line ${shown(line)}`,
      chunked(`${line}\r\nhello\r\n0\r\n\r\n`),
      SERVED,
      reached,
    ]),
    ...ends.map((
      end,
    ): Attack => [`the end ${shown(end)}`, chunked(`5\r\nhello\r\n${end}\r\n\r\n`), SERVED, reached]),
  ]);
});

/** Bytes after a head that are no valid chunks. */
const NO_CHUNKS: readonly string[] = [
  ...["+5", "-5", "0x5", "5h", "G", "", "5,5", "5.", "5_", "5\t", "\t5", "-0", "5\0", "5\x0b"]
    .map((size) => `${size}\r\nhello\r\n0\r\n\r\n`),
  "10000000000000005\r\nhello\r\n0\r\n\r\n",
  "5;x=\x01\r\nhello\r\n0\r\n\r\n",
  "5;x=\0\r\nhello\r\n0\r\n\r\n",
  "5;x\x7f\r\nhello\r\n0\r\n\r\n",
  "5\nhello\r\n0\r\n\r\n",
  "5\rhello\r\n0\r\n\r\n",
  "5\r\r\nhello\r\n0\r\n\r\n",
  "5\n\nhello\r\n0\r\n\r\n",
  "5;x\nhello\r\n0\r\n\r\n",
  "5;x\rhello\r\n0\r\n\r\n",
  `2;\n${HIDDEN_CHUNK}0\r\n\r\n`,
  "\r\n5\r\nhello\r\n0\r\n\r\n",
];

/** Bytes after a valid chunk that are no valid continuation. */
const NO_FURTHER_CHUNKS: readonly string[] = [
  "XX0\r\n\r\n",
  "0\r\n\r\n",
  "X\r\n0\r\n\r\n",
  "\n0\r\n\r\n",
  "\r0\r\n\r\n",
  "\r\n\r\n0\r\n\r\n",
  "\r\n-0\r\n\r\n",
  "\r\n0\n\r\n",
  "\r\n0\r\n\n",
  "\r\n0\n\n",
  "\r\n0\r\r\n",
  "\r\n0\r\n\r\r",
  "\r\n0\r\nX-A\r\n\r\n",
  "\r\n0\r\nX-A : 1\r\n\r\n",
  "\r\n0\r\n X-A: 1\r\n\r\n",
  "\r\n0\r\nX-A: 1\0\r\n\r\n",
  "\r\n0\r\nX-A: 1\n\n",
  `\r\n0\r\n${HIDDEN}`,
  "\r\nFFFFFFFFFFFFFFFFF\r\n",
];

Deno.test("malformed chunks end the connection, and nothing reaches the upstream", (test) => {
  const contents = [...NO_CHUNKS, ...NO_FURTHER_CHUNKS.map((rest) => `5\r\nhello${rest}`)];
  return fixture.run(test, contents.map((content) => [shown(content), chunked(content), HUNG_UP]));
});

Deno.test("content with a malformed later chunk never reaches its end at the upstream", async (test) => {
  for (const rest of NO_FURTHER_CHUNKS) {
    await test.step(shown(rest), async () => {
      const { service, upstream } = fixture;
      await using wire = await connectRaw(service.port);
      await wire.send(chunked("5\r\nhello"));
      const begun = fixture.expectedBytes([["POST /x", ["transfer-encoding: chunked"], "5\r\nhello\r\n"]]);
      await upstream.until(begun);
      const { open } = upstream;
      await wire.send(rest + requestText("GET /a/after"));
      // The connection to the upstream is closed, so that the upstream does not accept the part as complete.
      await upstream.untilOpen(open - 1);
      const { text } = await wire.readToEnd();
      assertEquals(text.includes("HTTP/1.1 200"), false, text);
      assertEquals(upstream.take(), begun);
      await fixture.assertServes();
    });
  }
});

Deno.test("a request hidden in content is content", (test) => {
  const length = `Content-Length: ${HIDDEN.length}`;
  return fixture.run(test, [
    [
      "after a length",
      post([length], HIDDEN),
      SERVED,
      [["POST /x", [length.toLowerCase()], HIDDEN]],
    ],
    [
      "in a chunk",
      chunked(`${HIDDEN_CHUNK}0\r\n\r\n`),
      SERVED,
      [["POST /x", ["transfer-encoding: chunked"], `${HIDDEN_CHUNK}0\r\n\r\n`]],
    ],
    [
      "the end of chunks in a chunk",
      chunked(`5\r\n0\r\n\r\n\r\n0\r\n\r\n`),
      SERVED,
      [["POST /x", ["transfer-encoding: chunked"], "5\r\n0\r\n\r\n\r\n0\r\n\r\n"]],
    ],
    ["of a path without a route", post([length], HIDDEN, "/nowhere"), ["404 no_route", AFTER]],
    ["of the same in chunks", post([CHUNKED], `${HIDDEN_CHUNK}0\r\n\r\n`, "/nowhere"), [
      "404 no_route",
      AFTER,
    ]],
    ["of the same in no chunks", post([CHUNKED], `XX\r\n${HIDDEN}`, "/nowhere"), HUNG_UP],
    ["of a path with dot-segments", post([length], HIDDEN, "/a/../x"), REFUSED],
    ["of a TRACE", requestText("TRACE /a/x", [length], HIDDEN), ["405 method_not_forwarded", AFTER]],
  ]);
});

Deno.test("a pipelined request is a request of its own, checked like any other", (test) =>
  fixture.run(test, [
    [
      "three at once",
      ["/a/1", "/a/2", "/a/3"].map((path) => requestText(`GET ${path}`)).join(""),
      ["200 /1", "200 /2", "200 /3", AFTER],
      [["GET /1"], ["GET /2"], ["GET /3"]],
    ],
    [
      "after a length",
      post(["Content-Length: 5"], `hello${HIDDEN}`),
      ["200 /x", "200 /hidden", AFTER],
      [["POST /x", ["content-length: 5"], "hello"], ["GET /hidden"]],
    ],
    [
      "after the last chunk",
      chunked(`0\r\n\r\n${HIDDEN}`),
      ["200 /x", "200 /hidden", AFTER],
      [["POST /x", ["transfer-encoding: chunked"], "0\r\n\r\n"], ["GET /hidden"]],
    ],
    [
      "after a length of nothing",
      post(["Content-Length: 0"], HIDDEN),
      ["200 /x", "200 /hidden", AFTER],
      [["POST /x", ["content-length: 0"]], ["GET /hidden"]],
    ],
    ["after no length", post([], HIDDEN), ["200 /x", "200 /hidden", AFTER], [["POST /x"], ["GET /hidden"]]],
    [
      "with a credential of its own",
      post(
        ["Content-Length: 5"],
        `hello${requestText("GET /a/y", ["Authorization: mine", "X-Api-Key: mine"])}`,
      ),
      ["200 /x", "200 /y", AFTER],
      [["POST /x", ["content-length: 5"], "hello"], ["GET /y"]],
    ],
    [
      "to a path with dot-segments",
      requestText("GET /a/x") + requestText("GET /a/../y"),
      ["200 /x", ...REFUSED],
      [["GET /x"]],
    ],
    ["chunks that nobody announced", post([], HELLO), ["200 /x", "400"], [["POST /x"]]],
    ["chunks after the last chunk", chunked(`0\r\n\r\n${HELLO}`), ["200 /x", "400"], [[
      "POST /x",
      ["transfer-encoding: chunked"],
      "0\r\n\r\n",
    ]]],
    [
      "chunks announced with an underscore",
      post(["Transfer_Encoding: chunked"], HELLO),
      ["200 /x", "400"],
      [["POST /x"]],
    ],
    ["rubbish", requestText("GET /a/x") + "rubbish\r\n\r\n", ["200 /x", "400"], [["GET /x"]]],
    [
      "a length in doubt, and one more",
      requestText("GET /a/x") + post(["Content-Length: 5", CHUNKED], HELLO) + HIDDEN,
      ["200 /x", "400"],
      [["GET /x"]],
    ],
  ]));

const LINES: readonly Attack[] = [
  ["lines that end in CR", "GET /a/x HTTP/1.1\rHost: proxy\r\r", CUT],
  ["lines that end in CR CR LF", "GET /a/x HTTP/1.1\r\r\nHost: proxy\r\r\n\r\r\n", CUT],
  ["an empty line of CR CR LF", "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\r\n", CUT],
  ["a line break in a target", "GET /a/x\nX-A: 1 HTTP/1.1\r\nHost: proxy\r\n\r\n", CUT],
  ["two spaces", requestText("GET  /a/x"), CUT],
  ["a tab for a space", requestText("GET\t/a/x"), CUT],
  ["a vertical tab for a space", requestText("GET\x0b/a/x"), CUT],
  ["a space at the end", "GET /a/x HTTP/1.1 \r\nHost: proxy\r\n\r\n", CUT],
  ["two targets", requestText("GET /a/x /a/hidden"), CUT],
  ["no target", requestText("GET"), CUT],
  ["an empty target", requestText("GET "), CUT],
  ["a method that is no token", requestText("G@T /a/x"), CUT],
  ["a method with a byte beyond ASCII", requestText("G\xc9T /a/x"), CUT],
  ["NUL in a method", requestText("GE\0T /a/x"), CUT],
  ...[" ", "\t", "\r", "\0", "\xef\xbb\xbf", "\x16\x03\x01", "\r\n".repeat(5000)].map((start): Attack => [
    `${shown(start)} in front`,
    start + requestText("GET /a/x"),
    CUT,
  ]),
];

Deno.test("a malformed request line is refused", (test) => fixture.run(test, LINES));

const FIELDS: readonly Attack[] = [
  "X-A: 1\r\n 2",
  "X-A: 1\r\n\t2",
  "X-A: 1\n 2",
  "X-A:\r\n 2",
  "X-A:\r\n \r\n 2",
  " X-A: 1",
  "X-A : 1",
  "X-A\t: 1",
  "X-A",
  ": 1",
  "X A: 1",
  "X\rA: 1",
  "X-A: 1\r2",
  "X-A: \r1",
  "X-A: 1\r",
  "X-A: 1\rAuthorization: mine",
  "X-A: 1\0" + "2",
  "X\0A: 1",
  "\0",
  "X-A: \x01",
  "X-A: \x08",
  "X-A: \x0b",
  "X-A: \x0c",
  "X-A: \x1b[0m",
  "X-A: \x1f",
  "X-A: \x7f",
  ...'"(),/;<=>?@[\\]{}\x80\xff'.split("").map((char) => `X${char}A: 1`),
].map((field) => [shown(field), get(field), CUT]);

Deno.test("a malformed field line is refused", (test) => fixture.run(test, FIELDS));

Deno.test("a malformed head is refused when sent byte by byte", (test) => {
  return fixture.run(
    test,
    [...LINES, ...FIELDS].filter(([, sent]) => sent.length < 1000),
    "byte by byte",
  );
});

Deno.test("a bare LF ends a line, as the runtime parses it, and the upstream gets CR LF", (test) =>
  fixture.run(test, [
    ["in every line", "GET /a/x HTTP/1.1\nHost: proxy\nX-A: 1\n\n", SERVED, [["GET /x", ["x-a: 1"]]]],
    ["in some", "GET /a/x HTTP/1.1\r\nHost: proxy\nX-A: 1\r\n\n", SERVED, [["GET /x", ["x-a: 1"]]]],
    ["in front of a field", get("X-A: 1\nX-B: 2"), SERVED, [["GET /x", ["x-a: 1", "x-b: 2"]]]],
    ["in front of a credential", get("X-A: 1\nAuthorization: mine"), SERVED, [["GET /x", ["x-a: 1"]]]],
    [
      "in front of chunks",
      post([`X-A: 1\n${CHUNKED}`], HELLO),
      SERVED,
      [["POST /x", ["x-a: 1", "transfer-encoding: chunked"], HELLO]],
    ],
    ["in front of chunks, beside a length", post(["Content-Length: 5", `X-A: 1\n${CHUNKED}`], HELLO), CUT],
    [
      "twice, in front of a request",
      get("X-A: 1\n\nGET /a/hidden HTTP/1.1\nHost: proxy"),
      ["200 /x", "200 /hidden", AFTER],
      [["GET /x", ["x-a: 1"]], ["GET /hidden"]],
    ],
  ]));

Deno.test("a few empty lines before a request are ignored", (test) => {
  return fixture.run(
    test,
    ["\r\n", "\r\n\r\n\r\n", "\n"].map((start) => [
      `${shown(start)} in front`,
      start + requestText("GET /a/x"),
      SERVED,
      [["GET /x"]],
    ]),
  );
});

Deno.test("a hundred requests in one write are a hundred requests", async () => {
  const paths = Array.from({ length: 100 }, (_, at) => `/${at}`);
  const text = paths.map((path) => requestText(`GET /a${path}`, path === "/99" ? ["Connection: close"] : []))
    .join("");
  assertEquals(await responsesTo(fixture.service.port, text), paths.map((path) => `200 ${path}`));
  assertEquals(fixture.upstream.take(), fixture.expectedBytes(paths.map((path) => [`GET ${path}`])));
});
