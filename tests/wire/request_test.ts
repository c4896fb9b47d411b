/**
 * What reaches an upstream, byte for byte: raw requests in, raw heads out.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromLatin1 } from "../support/bytes.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { connectRaw } from "../support/wire.ts";

/** All routes but the last do not mask, so that the service leaves Accept-Encoding alone. */
const fixture = useFixture({
  routes: (upstream) =>
    [
      { path: "/a/", upstream },
      { path: "/a/b/", upstream: `${upstream}/deep/` },
      { path: "/anthropic/", upstream: `${upstream}/v1` },
      { path: "/key/", upstream, auth_scheme: "", auth_header: "Private-Token" },
      { path: "/basic/", upstream, auth_scheme: "Basic", auth_user: "me" },
      { path: "/cookies/", upstream, cookies: true },
      {
        path: "/sets/",
        upstream,
        set_headers: { "User-Agent": "mine" },
        add_headers: { "Anthropic-Beta": "two" },
      },
      { path: "/masked/", upstream, scrub: true },
    ].map((route) => ({ scrub: false, ...route })),
});

const CREDENTIAL = `Authorization: Bearer ${TOKEN}`;

/** The text of a request: its line, Host, more field lines, and content. */
function requestOf(line: string, fields: readonly string[] = [], content = ""): string {
  return [`${line} HTTP/1.1`, "Host: proxy:9099", ...fields, "", content].join("\r\n");
}

/** The lines of the head that the upstream received. */
async function headFor(line: string, fields: readonly string[] = [], content = ""): Promise<string[]> {
  const { seen, response } = await fixture.ask(requestOf(line, fields, content));
  if (seen === undefined) throw new Error(`Nothing reached the upstream: ${response.text}`);
  return seen.head.slice(0, -4).split("\r\n");
}

function host(): string {
  return `host: 127.0.0.1:${fixture.upstream.port}`;
}

Deno.test("the upstream gets the request with its own Host and the credential, and nothing else", async () => {
  assertEquals(await headFor("GET /a/x"), ["GET /x HTTP/1.1", host(), CREDENTIAL]);
});

Deno.test("the credential is shaped as the route says", async () => {
  assertEquals((await headFor("GET /key/x")).slice(2), [`Private-Token: ${TOKEN}`]);
  assertEquals((await headFor("GET /basic/x")).slice(2), [`Authorization: Basic ${btoa(`me:${TOKEN}`)}`]);
});

Deno.test("the client's fields pass with their values unchanged", async () => {
  const fields = [
    "User-Agent: curl/8",
    "Accept: */*",
    "accept-encoding: gzip;q=0.5,  br",
    "X-Byte: caf\xe9 \x80\xff",
    "X-Empty:",
    "X-Blank: \t ",
    'X-Odd: a\tb "c", (d)',
    "Range: bytes=0-",
  ];
  assertEquals((await headFor("GET /a/x", fields)).toSorted(), [
    CREDENTIAL,
    "GET /x HTTP/1.1",
    "accept-encoding: gzip;q=0.5,  br",
    "accept: */*",
    host(),
    "range: bytes=0-",
    "user-agent: curl/8",
    "x-blank: ",
    "x-byte: caf\xe9 \x80\xff",
    "x-empty: ",
    'x-odd: a\tb "c", (d)',
  ]);
});

Deno.test("a repeated field keeps its values in order", async () => {
  const lines = await headFor("GET /a/x", ["X-A: 2", "x-b: 0", "x-a: 1"]);
  assertEquals(lines.slice(2), ["x-a: 2, 1", "x-b: 0", CREDENTIAL]);
});

Deno.test("the longest prefix matches, and the upstream's base path precedes the rest", async () => {
  const cases: [target: string, seen: string][] = [
    ["/a/", "/"],
    ["/a/x", "/x"],
    ["/a/b/x", "/deep/x"],
    ["/a/bx", "/bx"],
    ["/a/b", "/deep/"],
    ["/a/B/x", "/B/x"],
    ["/anthropic/messages", "/v1/messages"],
    ["/anthropic", "/v1/"],
    ["/anthropic?x", "/v1/?x"],
  ];
  for (const [target, seen] of cases) {
    assertEquals((await headFor(`GET ${target}`))[0], `GET ${seen} HTTP/1.1`, target);
  }
});

Deno.test("the path passes byte for byte", async () => {
  const paths = [
    "/%2F%2f",
    "//x//",
    "/x/",
    "/UPPER/lower",
    "/%41%zz%",
    "/%e2%82%ac",
    "/%00%0a%0d",
    "/a;b=c",
    "/x=~!$&'()*+,:@",
    '/|^`{}[]"<>',
    "/...",
    "/.git/..b",
    "/%252e%252e/x",
  ];
  for (const path of paths) assertEquals((await headFor(`GET /a${path}`))[0], `GET ${path} HTTP/1.1`);
});

Deno.test("the query passes byte for byte", async () => {
  const queries = [
    "?",
    "??",
    "?a=1&a=2&&b==",
    "?a?b?c",
    "?%",
    "?%zz%2F%2f",
    "?/../%2e%2e/./",
    "?\\|^`{}[]\"<>'",
    "?http://other.test/",
    "?+%20+",
  ];
  for (const query of queries) {
    assertEquals((await headFor(`GET /a/x${query}`))[0], `GET /x${query} HTTP/1.1`);
  }
});

Deno.test("methods pass as they are spelled", async () => {
  const methods = [
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "PROPFIND",
    "M-SEARCH",
    "get",
    "pAtCh",
    "X!#$%&'*+-.^_`|~9",
  ];
  for (const method of methods) assertEquals((await headFor(`${method} /a/x`))[0], `${method} /x HTTP/1.1`);
});

Deno.test("the client's Authorization is never forwarded, however it is spelled", async () => {
  const spellings = [
    ["Authorization: mine"],
    ["authorization: mine"],
    ["AUTHORIZATION:mine"],
    ["aUtHoRiZaTiOn:\tmine\t"],
    ["Authorization: mine", "Authorization: mine2"],
    ["Authorization:", "AUTHORIZATION: mine"],
    ["Authorization:"],
    ["Authorization: mine", "Connection: authorization"],
    [`Authorization: Bearer mine, Bearer mine`],
  ];
  for (const fields of spellings) {
    assertEquals(await headFor("GET /a/x", fields), ["GET /x HTTP/1.1", host(), CREDENTIAL], fields.join());
  }
  const bare = await fixture.ask("GET /a/x HTTP/1.1\nHost: x\nAuthorization: mine\nX-A: 1\n\n");
  assert(!bare.seen?.head.includes("mine"), bare.seen?.head);
});

Deno.test("no other field that carries credentials is forwarded", async () => {
  const names = [
    "X-Api-Key",
    "x-api-key",
    "X-Goog-Api-Key",
    "Api-Key",
    "Proxy-Authorization",
    "Cookie",
    "COOKIE",
  ];
  for (const name of names) {
    const lines = await headFor("GET /a/x", [`${name}: mine`, `${name}: mine2`]);
    assertEquals(lines, ["GET /x HTTP/1.1", host(), CREDENTIAL], name);
  }
});

Deno.test("the route's own field never comes from the client", async () => {
  const spellings = [
    ["Private-Token: mine"],
    ["PRIVATE-TOKEN: mine", "private-token:"],
    ["Private-Token: mine", "Authorization: mine", "Connection: private-token"],
  ];
  for (const fields of spellings) {
    const lines = await headFor("GET /key/x", fields);
    assertEquals(lines, ["GET /x HTTP/1.1", host(), `Private-Token: ${TOKEN}`], fields.join());
  }
  // Nor does it reach another route of the table.
  assertEquals((await headFor("GET /a/x", ["Private-Token: mine"]))[2], CREDENTIAL);
});

Deno.test("a field that asks for content that can't be masked is not forwarded", async () => {
  const lines = await headFor("GET /masked/x", ["A-IM: gzip", "Accept-Charset: utf-7", "X-A: 1"]);
  assertEquals(lines.slice(2), ["accept-encoding: identity", "x-a: 1", CREDENTIAL]);
});

Deno.test("a credential field with white space before its colon, or folded, does not bypass the rule", async () => {
  for (
    const fields of [["Authorization : mine"], ["Authorization\t: mine"], ["X-A: 1", " Authorization: mine"]]
  ) {
    const { response, seen } = await fixture.ask(requestOf("GET /a/x", fields));
    assertEquals([response.status, seen], [400, undefined]);
  }
});

Deno.test("cookies are forwarded on a route that allows them", async () => {
  const lines = await headFor("GET /cookies/x", ["Cookie: a=1; b=2", "Authorization: mine"]);
  assertEquals(lines.slice(2), ["cookie: a=1; b=2", CREDENTIAL]);
});

Deno.test("a field that Connection names is removed, and the credential is not", async () => {
  const cases: [fields: string[], kept: string[]][] = [
    [["Connection: authorization, x-foo", "X-Foo: 1", "X-Bar: 2"], ["x-bar: 2"]],
    [["Connection: X-FOO", "connection: close,x-bar", "x-foo: 1", "X-Bar: 2", "x-baz: 3"], ["x-baz: 3"]],
    [["Connection: host, content-length, keep-alive", "x-foo: 1"], ["x-foo: 1"]],
  ];
  for (const [fields, kept] of cases) {
    assertEquals(await headFor("GET /a/x", fields), ["GET /x HTTP/1.1", host(), ...kept, CREDENTIAL]);
  }
  assertEquals(await headFor("GET /key/x", ["Connection: Private-Token"]), [
    "GET /x HTTP/1.1",
    host(),
    `Private-Token: ${TOKEN}`,
  ]);
  assertEquals(
    await headFor("GET /sets/x", ["Connection: user-agent, anthropic-beta", "anthropic-beta: one"]),
    [
      "GET /x HTTP/1.1",
      host(),
      "user-agent: mine",
      "anthropic-beta: two",
      CREDENTIAL,
    ],
  );
});

Deno.test("hop-by-hop fields of the client's connection are not forwarded", async () => {
  const fields = [
    "Connection: keep-alive, Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "TE: trailers",
    "Trailer: x-sum",
    "Proxy-Authenticate: Basic",
    "Proxy-Authentication-Info: x",
    "Expect: 100-continue",
  ];
  assertEquals(await headFor("GET /a/x", fields), ["GET /x HTTP/1.1", host(), CREDENTIAL]);
});

Deno.test("the route's own fields replace the client's, or are appended to them", async () => {
  const fields = ["User-Agent: agent", "Anthropic-Beta: one", "anthropic-beta: half"];
  assertEquals((await headFor("GET /sets/x", fields)).slice(2), [
    "user-agent: mine",
    "anthropic-beta: one, half, two",
    CREDENTIAL,
  ]);
  assertEquals((await headFor("GET /sets/x")).slice(2), [
    "user-agent: mine",
    "anthropic-beta: two",
    CREDENTIAL,
  ]);
});

Deno.test("a route that masks requests content that it can decode, whatever the client accepts", async () => {
  for (
    const fields of [[], ["Accept-Encoding: gzip, br"], [
      "accept-encoding: gzip",
      "Connection: accept-encoding",
    ]]
  ) {
    const lines = await headFor("GET /masked/x", fields);
    assertEquals(lines.slice(2), ["accept-encoding: identity", CREDENTIAL], fields.join());
  }
});

Deno.test("a request without content has a length only where the client sent one", async () => {
  assertEquals((await headFor("POST /a/x")).slice(2), [CREDENTIAL]);
  assertEquals((await headFor("POST /a/x", ["Content-Length: 0"])).slice(2), [
    "content-length: 0",
    CREDENTIAL,
  ]);
  assertEquals((await headFor("GET /a/x", ["Content-Length: 0"])).slice(2), [
    "content-length: 0",
    CREDENTIAL,
  ]);
});

Deno.test("content passes with its framing unchanged", async () => {
  const length = await headFor("DELETE /a/x", ["content-LENGTH: 005"], "hello");
  assertEquals(length.slice(2), ["content-length: 5", CREDENTIAL]);
  assertEquals(fromLatin1(fixture.upstream.requests.at(-1)?.received ?? new Uint8Array()), "hello");
  const chunked = await headFor(
    "PATCH /a/x",
    ["Transfer-Encoding: Chunked"],
    "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
  );
  assertEquals(chunked.slice(2), ["transfer-encoding: chunked", CREDENTIAL]);
  assertEquals(fromLatin1(fixture.upstream.requests.at(-1)?.received ?? new Uint8Array()), "hello");
});

Deno.test("an absolute target that matches the Host is the same request", async () => {
  assertEquals((await headFor("GET http://proxy:9099/a/x?y"))[0], "GET /x?y HTTP/1.1");
});

Deno.test("an HTTP/1.0 client is served, with HTTP/1.1 to the upstream", async () => {
  const { seen, response } = await fixture.ask("GET /a/x HTTP/1.0\r\nHost: x\r\n\r\n");
  assertEquals(seen?.head, `GET /x HTTP/1.1\r\n${host()}\r\n${CREDENTIAL}\r\n\r\n`);
  assertEquals([response.status, response.body.text], [200, "ok"]);
});

Deno.test("pipelined requests are served in order", async () => {
  fixture.setScript((exchange) => exchange.respond(200, [], exchange.target));
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(
    requestOf("POST /a/1", ["Content-Length: 5"], "hello") +
      requestOf("POST /a/2", ["Transfer-Encoding: chunked"], "2\r\nhi\r\n0\r\n\r\n") +
      requestOf("GET /nowhere") + requestOf("GET /a/3"),
  );
  const texts: string[] = [];
  for (let count = 0; count < 4; count++) texts.push((await wire.readResponse()).body.text.slice(0, 2));
  assertEquals(texts, ["/1", "/2", '{"', "/3"]);
});

Deno.test("cleartext HTTP/2 is refused, or its content arrives: it is never dropped silently", async () => {
  const { connect } = await import("node:http2");
  fixture.setScript((exchange) => exchange.respond(200));
  const before = fixture.upstream.requests.length;
  const session = connect(fixture.service.url);
  try {
    const status = await new Promise<unknown>((resolve, reject) => {
      const stream = session.request({ ":method": "POST", ":path": "/a/x", host: "proxy:9099" });
      stream.on("response", (fields) => resolve(fields[":status"]));
      stream.on("error", reject);
      stream.end("hello");
    });
    const seen = fixture.upstream.requests[before];
    if (status === 200) assertEquals(fromLatin1(seen?.received ?? new Uint8Array()), "hello");
    else assertEquals([status, seen], [400, undefined]);
  } finally {
    session.destroy();
  }
});
