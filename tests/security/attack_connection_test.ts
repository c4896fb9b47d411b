/**
 * Attacks on the connection itself: other protocols, other versions, methods that would open a tunnel or echo a
 * request, and slow clients.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import {
  AFTER,
  type Attack,
  CUT,
  REFUSED,
  requestText,
  responsesTo,
  SERVED,
  type UpstreamRequest,
  useAttackFixture,
} from "../support/attack_fixture.ts";
import { askHttp2, type Fields, PREFACE } from "../support/http2_frames.ts";
import { connectRaw, type Wire } from "../support/wire.ts";

const fixture = useAttackFixture(() => [], { websocket: false });

const HIDDEN = requestText("GET /a/hidden");
const NOT_SERVED = "426 upgrade_not_served";
const NEVER: readonly string[] = ["405 method_not_forwarded", AFTER];

/** The fields that offer a protocol upgrade. */
function offer(protocol: string, ...fields: readonly string[]): string[] {
  return ["Connection: Upgrade", `Upgrade: ${protocol}`, ...fields];
}

const WEBSOCKET = offer(
  "websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
);
const H2C = [
  "Connection: Upgrade, HTTP2-Settings",
  "Upgrade: h2c",
  "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
];

function get(fields: readonly string[], after = ""): string {
  return requestText("GET /a/x", fields, after);
}

Deno.test("an Upgrade that is not served opens no tunnel: what follows it is parsed as a request", (test) =>
  fixture.run(test, [
    ["a WebSocket", get(WEBSOCKET), [NOT_SERVED, AFTER]],
    ["a request after it", get(WEBSOCKET, HIDDEN), [NOT_SERVED, "200 /hidden", AFTER], [["GET /hidden"]]],
    [
      "a request after a version that nobody serves",
      get(offer("websocket", "Sec-WebSocket-Version: 777"), HIDDEN),
      [NOT_SERVED, "200 /hidden", AFTER],
      [["GET /hidden"]],
    ],
    ["a request after it that is refused", get(WEBSOCKET, requestText("GET /a/../x")), [
      NOT_SERVED,
      ...REFUSED,
    ]],
    ["a frame after it", get(WEBSOCKET, "\x81\x05hello"), [NOT_SERVED, "400"]],
    ["with content", requestText("POST /a/x", [...WEBSOCKET, "Content-Length: 5"], "hello"), CUT],
    ["without Connection", get(["Upgrade: websocket"]), [NOT_SERVED, AFTER]],
    ["without Upgrade", get(["Connection: Upgrade"]), SERVED, [["GET /x"]]],
    ["to another proxy's tunnel", get(offer("connect-udp")), [NOT_SERVED, AFTER]],
    ["to TLS", get(offer("TLS/1.2")), [NOT_SERVED, AFTER]],
    ["to two protocols", get(offer("h2c, websocket")), [NOT_SERVED, AFTER]],
    ["to two protocols in two fields", get([...H2C, "Upgrade: websocket"]), [NOT_SERVED, AFTER]],
  ]));

Deno.test("an Upgrade to HTTP/2 is ignored, and so are its fields", (test) =>
  fixture.run(test, [
    ["h2c", get(H2C), SERVED, [["GET /x"]]],
    ["h2c without Connection", get(["Upgrade: h2c"]), SERVED, [["GET /x"]]],
    ["a request after it", get(H2C, HIDDEN), ["200 /x", "200 /hidden", AFTER], [["GET /x"], [
      "GET /hidden",
    ]]],
    ["HTTP/2 after it", get(H2C, PREFACE), ["200 /x", "400"], [["GET /x"]]],
    ["h2c with content", requestText("POST /a/x", [...H2C, "Content-Length: 5"], "hello"), CUT],
  ]));

/** An HTTP/2 request's fields. */
function fields(changes: Readonly<Record<string, string | undefined>>, ...more: Fields): Fields {
  const usual = { ":method": "GET", ":scheme": "http", ":path": "/a/x", ":authority": "proxy", ...changes };
  return [
    ...Object.entries(usual).flatMap(([name, value]) => value === undefined ? [] : [[name, value] as const]),
    ...more,
  ];
}

const HOST = ["host", "proxy"] as const;
const NO_AUTHORITY = { ":authority": undefined };

/** An HTTP/2 request, its response, and what reaches the upstream. */
type Http2Attack = readonly [
  name: string,
  fields: Fields,
  got: string,
  reached?: readonly UpstreamRequest[],
  content?: string,
];

const HTTP2: readonly Http2Attack[] = [
  ["the usual fields", fields({}), "400"],
  ["no host at all", fields(NO_AUTHORITY), "400"],
  ["two hosts that differ", fields({}, ["host", "other"]), "400"],
  ["two Host fields", fields(NO_AUTHORITY, HOST, HOST), "400"],
  ["an authority with a path", fields({ ":authority": "proxy/a/x?" }, HOST), "reset 1"],
  ["dot-segments", fields({ ":path": "/a/../x" }, HOST), "400"],
  ["another scheme", fields({ ":scheme": "https" }, HOST), "400"],
  ["a scheme with a path", fields({ ":scheme": "http://proxy/a/x?" }, HOST), "reset 1"],
  ["an absolute path", fields({ ":path": "http://proxy/a/x" }, HOST), "404"],
  ["an asterisk", fields({ ":method": "OPTIONS", ":path": "*" }, HOST), "400"],
  ["no path", fields({ ":path": undefined }, HOST), "reset 1"],
  ["an empty path", fields({ ":path": "" }, HOST), "reset 1"],
  ["two paths", fields({}, [":path", "/a/hidden"], HOST), "reset 1"],
  ["a space in the path", fields({ ":path": "/a/x HTTP/1.1" }, HOST), "reset 1"],
  ["a request in the path", fields({ ":path": `/a/x HTTP/1.1\r\n\r\n${HIDDEN}` }, HOST), "reset 1"],
  ["a request in the method", fields({ ":method": `${HIDDEN}GET` }, HOST), "goaway 1"],
  ["a request in a value", fields({}, HOST, ["x-a", `1\r\n\r\n${HIDDEN}`]), "goaway 1"],
  ["a line break in a value", fields({}, HOST, ["x-a", "1\r\nAuthorization: mine"]), "goaway 1"],
  ["a bare LF in a value", fields({}, HOST, ["x-a", "1\nX-B: 2"]), "goaway 1"],
  ["NUL in a value", fields({}, HOST, ["x-a", "\0"]), "goaway 1"],
  ["a line break in a name", fields({}, HOST, ["x-a: 1\r\nx-b", "2"]), "goaway 1"],
  ["a colon in a name", fields({}, HOST, ["x-a:b", "1"]), "goaway 1"],
  ["upper case in a name", fields({}, HOST, ["X-A", "1"]), "goaway 1"],
  ["Connection", fields({}, HOST, ["connection", "x-a"], ["x-a", "1"]), "reset 1"],
  [
    "chunks",
    fields({ ":method": "POST" }, HOST, ["transfer-encoding", "chunked"]),
    "reset 1",
    [],
    `0\r\n\r\n${HIDDEN}`,
  ],
  ["TRACE", fields({ ":method": "TRACE" }, HOST), "405"],
  ["CONNECT", [[":method", "CONNECT"], [":authority", "proxy:80"], HOST], "405"],
  ["CONNECT for a WebSocket", fields({ ":method": "CONNECT" }, [":protocol", "websocket"], HOST), "reset 1"],
  ["a Host of its own", fields({}, HOST), "200", [["GET /x"]]],
  ["a Host alone", fields(NO_AUTHORITY, HOST), "200", [["GET /x"]]],
  [
    "credentials",
    fields({}, HOST, ["authorization", "mine"], ["x-api-key", "mine"], ["cookie", "a=1"], ["cookie", "b=1"]),
    "200",
    [["GET /x"]],
  ],
  ["a fragment", fields({ ":path": "/a/x#y" }, HOST), "200", [["GET /x"]]],
  [
    "content with a length",
    fields({ ":method": "POST" }, HOST, ["content-length", "5"]),
    "200",
    [["POST /x", ["content-length: 5"], "hello"]],
    "hello",
  ],
  [
    "a request in content",
    fields({ ":method": "POST" }, HOST, ["content-length", `${HIDDEN.length}`]),
    "200",
    [["POST /x", [`content-length: ${HIDDEN.length}`], HIDDEN]],
    HIDDEN,
  ],
];

Deno.test("a request in HTTP/2 becomes one complete request in HTTP/1.1, or none", async (test) => {
  for (const [name, list, wanted, reached = [], content] of HTTP2) {
    await test.step(`${name}: ${wanted}`, async () => {
      const got = await askHttp2(fixture.service.port, list, content);
      assertEquals([got, fixture.upstream.take()], [wanted, fixture.expectedBytes(reached)]);
      await fixture.assertServes();
    });
  }
});

Deno.test("HTTP/2 content that does not match its length never reaches its end at the upstream", async () => {
  for (const length of [3, 9]) {
    const list = fields({ ":method": "POST" }, HOST, ["content-length", `${length}`]);
    assertEquals(await askHttp2(fixture.service.port, list, "hello"), "reset 1");
    await fixture.upstream.untilOpen(0);
    const begun = fixture.expectedBytes([[
      "POST /x",
      [`content-length: ${length}`],
      "hello".slice(0, length - 1),
    ]]);
    const reached = fixture.upstream.take();
    assertEquals(begun.slice(0, reached.length), reached);
    await fixture.assertServes();
  }
});

Deno.test("HTTP/2 content without a length arrives in chunks", async () => {
  for (const method of ["POST", "PUT", "DELETE"]) {
    assertEquals(await askHttp2(fixture.service.port, fields({ ":method": method }, HOST), "hello"), "200");
    assertMatch(
      fixture.upstream.take(),
      /\r\ntransfer-encoding: chunked\r\n(?:.*\r\n)*\r\n5\r\nhello\r\n0\r\n\r\n$/,
    );
    await fixture.assertServes();
  }
});

Deno.test("a connection that begins like HTTP/2 and continues otherwise is refused", (test) =>
  fixture.run(test, [
    ["half of it", PREFACE.slice(0, 18), CUT],
    ["another end", PREFACE.replace("SM", "XX"), CUT],
    ["after a request", get([], PREFACE), ["200 /x", "400"], [["GET /x"]]],
    ["as HTTP/1.1", requestText("PRI *"), CUT],
    ["as a method on a path", requestText("PRI /a/x"), SERVED, [["PRI /x"]]],
  ]));

/** A request line with another version. */
function version(text: string): Attack {
  return [`GET /a/x ${text}`, `GET /a/x ${text}\r\nHost: proxy\r\n\r\n`, CUT];
}

Deno.test("HTTP/1.1 and HTTP/1.0 with a Host are served, and no other version", (test) =>
  fixture.run(test, [
    ["HTTP/1.0", "GET /a/x HTTP/1.0\r\nHost: proxy\r\n\r\n", ["200 /x"], [["GET /x"]]],
    ["HTTP/1.0 without Host", "GET /a/x HTTP/1.0\r\n\r\n", ["400 bad_request"]],
    [
      "HTTP/1.0 that keeps the connection",
      "GET /a/x HTTP/1.0\r\nHost: proxy\r\nConnection: keep-alive\r\n\r\n",
      SERVED,
      [["GET /x"]],
    ],
    ["HTTP/0.9", "GET /a/x\r\n", CUT],
    ["HTTP/0.9 and an empty line", "GET /a/x\r\n\r\n", CUT],
    ...[
      "HTTP/0.9",
      "HTTP/1.2",
      "HTTP/1.9",
      "HTTP/2",
      "HTTP/2.0",
      "HTTP/3",
      "http/1.1",
      "Http/1.1",
      "HTTP/1",
      "HTTP/1.",
      "HTTP/1.10",
      "HTTP/01.1",
      "HTTP/1.1.1",
      "HTTP /1.1",
      "HTTP/ 1.1",
      "HTTPS/1.1",
      "ICY/1.1",
      "HTTP/1,1",
      "HTTP",
      "",
    ].map(version),
  ]));

Deno.test("another protocol is refused", (test) =>
  fixture.run(test, [
    ["TLS", "\x16\x03\x01\x00\x05hello", CUT],
    ["SOCKS", "\x05\x01\x00", CUT],
    ["SMTP", "EHLO other\r\n", CUT],
    ["the PROXY protocol", `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${requestText("GET /a/x")}`, CUT],
  ]));

Deno.test("TRACE, TRACK and CONNECT reach no upstream in any spelling, and open nothing", (test) =>
  fixture.run(test, [
    ...["TRACE", "trace", "tRaCe", "TRACK", "track", "connect", "cOnNeCt"].flatMap((method): Attack[] => [
      [`${method} /a/x`, requestText(`${method} /a/x`), NEVER],
      [`${method} http://proxy/a/x`, requestText(`${method} http://proxy/a/x`), NEVER],
      [`${method} proxy:80`, requestText(`${method} proxy:80`), CUT],
    ]),
    ["CONNECT /a/x", requestText("CONNECT /a/x"), CUT],
    ["CONNECT http://proxy/a/x", requestText("CONNECT http://proxy/a/x"), CUT],
    ...["proxy:80", "api.test:443", "127.0.0.1:22", "[::1]:22"].map((target): Attack => [
      `CONNECT ${target}`,
      requestText(`CONNECT ${target}`),
      NEVER,
    ]),
    [
      "a request after CONNECT",
      requestText("CONNECT api.test:443", [], HIDDEN),
      ["405 method_not_forwarded", "200 /hidden", AFTER],
      [["GET /hidden"]],
    ],
    ["TLS after CONNECT", requestText("CONNECT api.test:443", [], "\x16\x03\x01"), [
      "405 method_not_forwarded",
      "400",
    ]],
    ["a field that asks for TRACE", requestText("TRACE /a/x", ["Max-Forwards: 0", "X-A: canary"]), NEVER],
  ]));

/** Opens a connection and sends text on it. */
async function sent(text: string): Promise<Wire> {
  const wire = await connectRaw(fixture.service.port);
  await wire.send(text);
  return wire;
}

Deno.test("a slow head delays no other client, and none of it reaches the upstream before its end", async () => {
  const pieces = ["G", "ET /a/slow HT", "TP/1.1\r\nHost: proxy\r", "\nX-A: 1\r\nConnection: clo", "se\r\n\r"];
  await using wire = await sent("");
  for (const piece of pieces) {
    await wire.send(piece);
    await fixture.assertServes();
  }
  await wire.send("\n");
  assertEquals((await wire.readResponse()).body.text, "/slow");
  assertEquals(fixture.upstream.take(), fixture.expectedBytes([["GET /slow", ["x-a: 1"]]]));
});

Deno.test("two hundred slow heads delay no other client and leak no resources", async () => {
  const wires = await Promise.all(
    Array.from({ length: 200 }, () => sent("GET /a/slow HTTP/1.1\r\nHost: proxy\r\nX-A: ")),
  );
  await fixture.assertServes();
  await Promise.all(wires.map((wire) => wire.close()));
  await fixture.assertServes();
});

Deno.test("a head without an end is refused at 64 KiB", async () => {
  await using wire = await sent("GET /a/slow HTTP/1.1\r\nHost: proxy\r\n");
  // The service may close the connection first.
  for (let count = 0; count < 70; count++) await wire.send(`X-A: ${"x".repeat(1024)}`).catch(() => {});
  assertMatch((await wire.readToEnd()).text, /^HTTP\/1\.1 400 /);
  assertEquals(fixture.upstream.take(), "");
  await fixture.assertServes();
});

Deno.test("a slow body delays no other client and reaches the upstream as it arrives", async () => {
  await using wire = await sent(requestText("POST /a/slow", ["Content-Length: 10", "Connection: close"]));
  const head = fixture.expectedBytes([["POST /slow", ["content-length: 10"]]]);
  await fixture.upstream.until(head);
  fixture.upstream.take();
  for (const piece of ["hel", "lo ", "wor"]) {
    await fixture.assertServes();
    await wire.send(piece);
    await fixture.upstream.until(piece);
    assertEquals(fixture.upstream.take(), piece);
  }
  await wire.send("l");
  assertEquals((await wire.readResponse()).body.text, "/slow");
  assertEquals(fixture.upstream.take(), "l");
});

Deno.test("a slow body that is abandoned never reaches its end at the upstream", async () => {
  const { upstream } = fixture;
  const cases: [fields: string[], sent: string, reached: string][] = [
    [["Content-Length: 10"], "hello", "hello"],
    [["Transfer-Encoding: chunked"], "5\r\nhello\r\n", "5\r\nhello\r\n"],
    [["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n"],
    [["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\nX-A: 1\r\n", "5\r\nhello\r\n"],
  ];
  for (const [list, content, reached] of cases) {
    await using wire = await sent(requestText("POST /a/slow", list, content));
    const begun = fixture.expectedBytes([["POST /slow", [list.join().toLowerCase()], reached]]);
    await upstream.until(begun);
    const { open } = upstream;
    await wire.close();
    await upstream.untilOpen(open - 1);
    assertEquals(upstream.take(), begun);
    await fixture.assertServes();
  }
});

Deno.test("trailers without an end delay no other client, and the content never reaches its end at the upstream", async () => {
  const { upstream } = fixture;
  await using wire = await sent(
    requestText("POST /a/slow", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n"),
  );
  const begun = fixture.expectedBytes([["POST /slow", ["transfer-encoding: chunked"], "5\r\nhello\r\n"]]);
  await upstream.until(begun);
  assertEquals(upstream.take(), begun);
  // The service may close the connection first.
  for (let count = 0; count < 100; count++) await wire.send(`X-A: ${"x".repeat(1024)}\r\n`).catch(() => {});
  await fixture.assertServes();
  const { open } = upstream;
  await wire.close();
  await upstream.untilOpen(open - 1);
  assertEquals(upstream.take(), "");
});

Deno.test("a client that disconnects within a head leaks no resources", async () => {
  const text = get(["X-A: 1"]);
  for (const at of [1, 5, 15, 25, text.length - 3, text.length - 1]) {
    await using wire = await sent(text.slice(0, at));
    await wire.closeWrite();
    const { text: answer } = await wire.readToEnd();
    assertEquals(answer.includes("200"), false, answer);
    assertEquals(await responsesTo(fixture.service.port, requestText("GET /a/y", ["Connection: close"])), [
      "200 /y",
    ]);
    assertEquals(fixture.upstream.take(), fixture.expectedBytes([["GET /y"]]));
  }
});
