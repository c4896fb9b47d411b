/**
 * What reaches the client of an upstream's response, byte for byte: raw responses in, raw responses out.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Exchange } from "../support/exchange.ts";
import { fromLatin1 } from "../support/bytes.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { connectRaw, type WireResponse } from "../support/wire.ts";

const fixture = useFixture({
  routes: (upstream) => [
    { path: "/a/", upstream },
    { path: "/v/", upstream: `${upstream}/v1`, cookies: true },
    { path: "/raw/", upstream, cookies: true, scrub: false },
  ],
  env: { CRED_PROXY_DEBUG: "1" },
});

function requestOf(line: string, fields: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, "Host: proxy:9099", ...fields, "", ""].join("\r\n");
}

/** The response to a request for which the upstream sends raw text. */
async function replyTo(
  raw: string,
  line = "GET /a/x",
  fields: readonly string[] = [],
): Promise<WireResponse> {
  return (await fixture.ask(requestOf(line, fields), (exchange) => exchange.write(raw))).response;
}

/** The response's field lines, without the Date that the service adds if it is missing. */
function linesOf(response: Pick<WireResponse, "text">): string[] {
  return response.text.slice(0, -4).split("\r\n").slice(1).filter((line) => !line.startsWith("date: "));
}

/** All bytes after the head on a connection with `Connection: close`. */
async function restFor(raw: string, line = "GET /a/x"): Promise<{ lines: string[]; rest: string }> {
  fixture.setScript((exchange) => exchange.write(raw));
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(requestOf(line, ["Connection: close"]));
  const head = await wire.readHead();
  const { text } = await wire.readToEnd();
  return { lines: linesOf(head).filter((each) => each !== "connection: close"), rest: text };
}

Deno.test("the upstream's fields pass in order, and only a missing Date is added", async () => {
  const fields = [
    "Server: odd/1",
    "Content-Type: text/html; charset=utf-8",
    "X-Request-Id: 1",
    'ETag: "strong"',
    "Vary: accept",
    "X-Empty:",
    "Content-Length: 5",
  ];
  const response = await replyTo(`HTTP/1.1 200 Fine\r\n${fields.join("\r\n")}\r\n\r\nhello`);
  assertEquals(linesOf(response), [
    "server: odd/1",
    "content-type: text/html; charset=utf-8",
    "x-request-id: 1",
    'etag: "strong"',
    "vary: accept",
    "x-empty: ",
    "content-length: 5",
  ]);
  assertMatch(response.text, /\r\ndate: \w{3}, \d\d \w{3} \d{4} /);
  assertEquals([response.status, response.body.text], [200, "hello"]);
});

Deno.test("the upstream's Date is the only one", async () => {
  const date = "Tue, 15 Nov 1994 08:12:31 GMT";
  const response = await replyTo(`HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Length: 0\r\n\r\n`);
  assertEquals(response.field("date"), date);
});

Deno.test("bytes beyond ASCII in a field pass unchanged", async () => {
  const response = await replyTo("HTTP/1.1 200 OK\r\nX-Byte: caf\xe9 \x80\xff\r\nContent-Length: 0\r\n\r\n");
  assertEquals(response.field("x-byte"), "caf\xe9 \x80\xff");
});

Deno.test("nothing is compressed and no validator weakened for a client that accepts gzip", async () => {
  const html = "<p>hello</p>".repeat(5000);
  const raw =
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "x"\r\nContent-Length: ${html.length}\r\n\r\n${html}`;
  const response = await replyTo(raw, "GET /a/x", ["Accept-Encoding: gzip, br"]);
  assertEquals(linesOf(response), ["content-type: text/html", 'etag: "x"', `content-length: ${html.length}`]);
  assert(response.body.text === html);
});

Deno.test("a repeated field keeps both values", async () => {
  const fields = [
    'WWW-Authenticate: Basic realm="a"',
    "Link: </1>; rel=next",
    'WWW-Authenticate: Bearer realm="b"',
    "link: </2>; rel=last",
    "Content-Length: 0",
  ];
  for (const prefix of ["/a/", "/raw/"]) {
    const line = `GET ${prefix}x`;
    const response = await replyTo(`HTTP/1.1 401 No\r\n${fields.join("\r\n")}\r\n\r\n`, line);
    assertEquals(response.field("www-authenticate"), 'Basic realm="a", Bearer realm="b"');
    assertEquals(response.field("link"), `<${prefix}1>; rel=next, <${prefix}2>; rel=last`);
  }
});

Deno.test("Set-Cookie passes only on a route that allows cookies, each on its own line", async () => {
  const fields = ["Set-Cookie: a=1, b", "X-A: 1", "SET-COOKIE: b=2; Path=/", "Content-Length: 0"];
  const raw = `HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\n\r\n`;
  assertEquals(linesOf(await replyTo(raw)), ["x-a: 1", "content-length: 0"]);
  for (const prefix of ["/v", "/raw"]) {
    const lines = linesOf(await replyTo(raw, `GET ${prefix}/x`));
    const cookies = lines.filter((each) => each.startsWith("set-cookie"));
    assertEquals(cookies, ["set-cookie: a=1, b", `set-cookie: b=2; Path=${prefix}`]);
  }
});

Deno.test("hop-by-hop fields of the upstream's connection are not forwarded", async () => {
  const fields = [
    "Connection: keep-alive, X-Foo",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "Proxy-Authenticate: Basic",
    "Upgrade: h2c",
    "Trailer: x-sum",
    "TE: trailers",
    "X-Foo: 1",
    "X-Bar: 2",
    "Content-Length: 0",
  ];
  const response = await replyTo(`HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\n\r\n`);
  assertEquals(linesOf(response), ["x-bar: 2", "content-length: 0"]);
});

Deno.test("a Location at the upstream is rewritten to the route", async () => {
  const { url } = fixture.upstream;
  const cases: [line: string, location: string, turned: string][] = [
    ["GET /a/x", `${url}/y?z#w`, "http://proxy:9099/a/y?z#w"],
    ["GET /a/x", "/y", "/a/y"],
    ["GET /a/x", "y", "y"],
    ["GET /v/x", `${url}/v1/y`, "http://proxy:9099/v/y"],
    // Another route leads there.
    ["GET /v/x", "/v2/y", "/raw/v2/y"],
    ["GET /a/x", "http://other.test/y", "http://other.test/y"],
  ];
  for (const [line, location, turned] of cases) {
    const response = await replyTo(
      `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`,
      line,
    );
    assertEquals([response.status, response.field("location")], [302, turned]);
  }
});

Deno.test("statuses pass, with their content", async () => {
  for (
    const status of [200, 201, 206, 299, 300, 400, 401, 404, 405, 418, 426, 429, 499, 500, 502, 529, 599]
  ) {
    const { status: seen, body, text } = await replyTo(
      `HTTP/1.1 ${status} Any\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello`,
    );
    assertEquals([seen, body.text], [status, "hello"]);
    // A refusal by the upstream is the upstream's response.
    assert(!text.includes("cred-proxy-error") && !text.includes("x-should-retry"), text);
  }
});

Deno.test("a response that is the difference from another is refused, since it can't be masked", async () => {
  const { status, text } = await replyTo(
    "HTTP/1.1 226 IM Used\r\nIM: gzip\r\nContent-Length: 5\r\n\r\nhello",
  );
  assertEquals(status, 502);
  assert(text.includes("cred-proxy-error: upstream_reply_refused"), text);
});

Deno.test("a response to HEAD has the upstream's fields and no content, and the connection stays usable", async () => {
  const raw = "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 12345\r\n\r\n";
  assertEquals(await restFor(raw, "HEAD /a/x"), { lines: ["x-a: 1", "content-length: 12345"], rest: "" });
  await using wire = await connectRaw(fixture.service.port);
  fixture.setScript((exchange) => exchange.write(raw));
  for (let count = 0; count < 2; count++) {
    await wire.send(requestOf("HEAD /a/x"));
    assertEquals((await wire.readResponse({ method: "HEAD" })).field("content-length"), "12345");
  }
});

Deno.test("a response to HEAD without a length gets none added", async () => {
  for (const field of ["X-A: 1", "Transfer-Encoding: chunked"]) {
    const { lines, rest } = await restFor(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`, "HEAD /a/x");
    assertEquals([lines.filter((line) => line.startsWith("content-length")), rest], [[], ""]);
  }
});

Deno.test("204 and 304 have no content, whatever their fields say", async () => {
  const cases: [raw: string, lines: string[]][] = [
    ["HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", ["x-a: 1"]],
    ['HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', ['etag: "x"']],
    // A 304 may have the length that a 200 would have had (RFC 9110, section 8.6).
    ["HTTP/1.1 304 Not Modified\r\nContent-Length: 12345\r\nX-A: 1\r\n\r\n", ["x-a: 1"]],
    ["HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n", ["x-a: 1"]],
  ];
  for (const [raw, wanted] of cases) {
    const { lines, rest } = await restFor(raw);
    assertEquals([lines.filter((line) => line !== "content-length: 12345"), rest], [wanted, ""]);
  }
});

Deno.test("the connection stays usable after 204 and 304", async () => {
  const answers = [
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  ];
  let count = 0;
  fixture.setScript((exchange) => exchange.write(answers[count++] ?? ""));
  await using wire = await connectRaw(fixture.service.port);
  for (const status of [204, 304, 200]) {
    await wire.send(requestOf("GET /a/x"));
    const response = await wire.readResponse();
    assertEquals([response.status, response.body.text], [status, status === 200 ? "ok" : ""]);
  }
});

Deno.test("a 205 never makes the client wait for content that does not come", async () => {
  const raws = [
    "Content-Length: 0\r\n\r\n",
    "Content-Length: 5\r\n\r\nhello",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  ];
  for (const raw of raws) {
    const response = await replyTo(`HTTP/1.1 205 Reset Content\r\n${raw}`);
    // For a client without a form to reset, 204 means the same.
    assert(
      [204, 205].includes(response.status) && response.body.clean && response.body.text === "",
      response.text,
    );
  }
});

Deno.test("informational responses are skipped", async () => {
  const early = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n".repeat(3),
  ];
  for (const text of [...early, early.join("")]) {
    const response = await replyTo(`${text}HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok`);
    assertEquals([response.status, linesOf(response), response.body.text], [
      200,
      ["x-a: 1", "content-length: 2"],
      "ok",
    ]);
  }
});

Deno.test("63 informational responses are skipped, and the 64th ends the exchange", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\n\r\n";
  for (const [count, status] of [[63, 200], [64, 502]] as const) {
    const response = await replyTo(`${early.repeat(count)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    assertEquals(response.status, status, `${count}`);
  }
});

Deno.test("a response of no bytes has a length of 0, and no chunks", async () => {
  for (const field of ["Content-Length: 0", "Transfer-Encoding: chunked"]) {
    const last = field.startsWith("T") ? "0\r\n\r\n" : "";
    const { lines, rest } = await restFor(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n${last}`);
    assertEquals([lines, rest], [["content-length: 0"], ""], field);
  }
});

Deno.test("a client that expects 100 Continue gets it, and then the response", async () => {
  fixture.setScript(async (exchange) => exchange.respond(200, [], await exchange.bodyBytes()));
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(requestOf("POST /a/x", ["Expect: 100-continue", "Content-Length: 5"]));
  assertEquals((await wire.readHead()).status, 100);
  await wire.send("hello");
  const response = await wire.readResponse();
  assertEquals([response.status, response.body.text], [200, "hello"]);
});

Deno.test("a POST without content gets its response", async () => {
  for (const fields of [["Content-Length: 0"], []]) {
    const { response } = await fixture.ask(requestOf("POST /a/x", fields));
    assertEquals([response.status, response.body.text], [200, "ok"]);
  }
});

Deno.test("trailers and chunk extensions are dropped, and the content is complete", async () => {
  const raw =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n";
  const { lines, rest } = await restFor(raw);
  assert(!/x-sum|x=y/i.test(lines.join() + rest), rest);
  const response = await replyTo(raw);
  assertEquals([response.body.text, response.body.clean], ["hello", true]);
});

Deno.test("content that lasts until the upstream closes arrives complete, and the client's connection stays usable", async () => {
  const script = async (exchange: Exchange) => {
    await exchange.write(`HTTP/1.${exchange.target === "/old" ? 0 : 1} 200 OK\r\nX-A: 1\r\n\r\nhello`);
    exchange.close();
  };
  fixture.setScript(script);
  await using wire = await connectRaw(fixture.service.port);
  for (const target of ["/a/new", "/a/old", "/a/new"]) {
    await wire.send(requestOf(`GET ${target}`));
    const response = await wire.readResponse();
    assertEquals([response.status, response.body.text, response.body.clean], [200, "hello", true]);
  }
});

Deno.test("content of every byte value arrives unchanged, with a length and chunked", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at * 31 % 256);
  for (const framing of [{}, { "Transfer-Encoding": "chunked" }]) {
    const { response } = await fixture.ask(requestOf("GET /a/x"), async (exchange) => {
      if ("Transfer-Encoding" in framing) {
        await exchange.respond(200, framing);
        for (let at = 0; at < bytes.length; at += 7777) {
          await exchange.writeChunk(bytes.subarray(at, at + 7777));
        }
        await exchange.writeChunk();
      } else await exchange.respond(200, {}, bytes);
    });
    assert(fromLatin1(response.body.bytes) === fromLatin1(bytes));
    assertEquals(response.field("content-length"), "Transfer-Encoding" in framing ? undefined : "100000");
  }
});

Deno.test("a large head passes, and one beyond the limit is refused", async () => {
  const large = (size: number) =>
    `HTTP/1.1 200 OK\r\nX-A: ${"x".repeat(size)}\r\nContent-Length: 2\r\n\r\nok`;
  const response = await replyTo(large(60_000));
  assertEquals([response.status, response.field("x-a")?.length, response.body.text], [200, 60_000, "ok"]);
  assertEquals((await replyTo(large(70_000))).status, 502);
});

Deno.test("bytes after the end of a response are dropped", async () => {
  const raw =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
  await using wire = await connectRaw(fixture.service.port);
  fixture.setScript((exchange) => exchange.write(raw));
  await wire.send(requestOf("GET /a/x"));
  assertEquals((await wire.readResponse()).body.text, "ok");
  fixture.setScript((exchange) => exchange.respond(200, [], "after"));
  for (let count = 0; count < 3; count++) {
    await wire.send(requestOf("GET /a/x"));
    assertEquals((await wire.readResponse()).body.text, "after");
  }
});

Deno.test("the log has one line per request, without query, fields or content", async () => {
  const text = requestOf("GET /a/logged?canary", ["X-Canary: canary", "Authorization: canary"]);
  await fixture.ask(text, (exchange) => exchange.respond(200, { "X-A": "canary" }, "canary"));
  const [line] = await fixture.service.logged(/^\S+ GET \/a\/logged.*$/m);
  assertMatch(
    line,
    /^\d\d:\d\d:\d\d\.\d{3} GET \/a\/logged → 200 \d+ ms 6 bytes down route \/a\/ (new|reused) connection$/,
  );
  const written = fixture.service.stderr() + fixture.service.stdout();
  assert(!written.includes("canary") && !written.includes(TOKEN));
});
