/**
 * The service's own responses as raw clients get them; no refused request reaches an upstream.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeAuthority } from "../support/authority.ts";
import { writeAll } from "../support/bytes.ts";
import { startService } from "../support/service.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request, type WireResponse } from "../support/wire.ts";

const fixture = useFixture({
  routes: (upstream) => [{ path: "/a/", upstream }, { path: "/a/deep/", upstream }],
});

/** The response to raw text, none of which may reach the upstream. */
async function refused(text: string): Promise<WireResponse> {
  const { response, seen } = await fixture.ask(text);
  assertEquals(seen, undefined, `${text} reached the upstream`);
  return response;
}

function get(target: string, fields: readonly string[] = [], method = "GET"): string {
  return [`${method} ${target} HTTP/1.1`, "Host: proxy:9099", ...fields, "", ""].join("\r\n");
}

/** One of the service's own responses. */
interface OwnResponse {
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
  /** Whether clients are told not to retry; by default it follows from the status. */
  readonly permanent?: boolean;
}

/** Asserts that a response is the service's own: its status, its code, and a body in the shape that clients show. */
function assertOwn(response: WireResponse, expected: OwnResponse): void {
  const { status, code, message } = expected;
  const permanent = expected.permanent ?? [400, 401, 403, 404, 405, 500].includes(status);
  assertEquals([response.status, response.field("cred-proxy-error")], [status, code], response.text);
  assertEquals(response.field("content-type"), "application/json");
  assertEquals(response.field("x-should-retry"), permanent ? "false" : undefined, response.text);
  const { type, error, ...rest } = JSON.parse(response.body.text);
  assertEquals([type, error.type, rest], ["error", `cred_proxy_${code}`, {}]);
  assertEquals(Object.keys(error), ["type", "message"]);
  assertMatch(error.message, message);
}

Deno.test("a path without a route gets 404 with the path and without the query", async () => {
  for (const path of ["/", "/ab/x", "/A/x", "/%61/x", "//a/x", "/nowhere"]) {
    const response = await refused(get(`${path}?secret`));
    assertOwn(response, {
      status: 404,
      code: "no_route",
      message: /^No route for "\/[^?]*"(?:; the routes are [^?]*)?$/,
    });
    assert(response.body.text.includes(JSON.stringify(`"${path}"`).slice(1, -1)), response.body.text);
  }
});

Deno.test("a dot-segment is refused in every spelling", async () => {
  const paths = [
    "/a/../b",
    "/a/..",
    "/a/.",
    "/a/./x",
    "/a/%2e%2e/b",
    "/a/%2E%2e",
    "/a/.%2e/b",
    "/a/%2e./b",
    "/a/%2e/b",
    "/a/x%2f..%2fb",
    "/a/x%2F%2e%2E",
    "/a/..%2fb",
    "/a/x%5c..%5cb",
    "/a/..%5Cb",
    "/a/..;/b",
    "/a/..;x=y/b",
    "/a/%2e%2e;/b",
    "/a/deep/../x",
    "/../a/x",
    "/a/..?x",
  ];
  for (const path of paths) {
    assertOwn(await refused(get(path)), { status: 400, code: "bad_request", message: /dot-segments/ });
  }
});

Deno.test("a target that is not a plain path is refused", async () => {
  const targets = [
    "/a/x#fragment",
    "/a/x?y#fragment",
    "#",
    "http://other/a/x",
    "http://proxy/a/x",
    "http://proxy:9099@other/a/x",
    "http://proxy:9099.other/a/x",
    "https://proxy:9099/a/x",
    "/a/x\\y",
    "/a\\..\\x",
    "proxy:9099",
    "a/x",
    "",
    "/a/\xe9",
    "/a/\x7f",
    "/a/\x01",
    "/a/\tx",
  ];
  for (const target of targets) {
    const response = await refused(get(target));
    assertEquals(response.status, 400, target);
  }
});

Deno.test("OPTIONS * is refused: it addresses the service and names no path", async () => {
  assertOwn(await refused(get("*", [], "OPTIONS")), { status: 400, code: "bad_request", message: /./ });
});

Deno.test("a missing, repeated or invalid Host is refused", async () => {
  const hosts = [
    [],
    ["Host:"],
    ["Host: a/b"],
    ["Host: proxy/a/x?"],
    ["Host: proxy/a/x#"],
    ["Host: a@b"],
    ["Host: a b"],
    ["Host: a, b"],
    ["Host: [::1"],
    ["Host: a:b"],
    ["Host: a:99:99"],
    ["Host: a\\b"],
    ["Host: caf\xe9"],
    ["Host: a", "Host: b"],
    ["Host: a", "host: a"],
  ];
  for (const host of hosts) {
    const response = await refused(["GET /a/x HTTP/1.1", ...host, "", ""].join("\r\n"));
    assertEquals(response.status, 400, host.join());
  }
});

Deno.test("a GET or HEAD with content is refused, and the content is not parsed as a request", async () => {
  const inner = get("/a/smuggled");
  const framings = [
    [`Content-Length: ${inner.length}`, inner],
    ["Transfer-Encoding: chunked", `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`],
  ] as const;
  for (const method of ["GET", "HEAD"]) {
    for (const [field, content] of framings) {
      const before = fixture.upstream.requests.length;
      await using wire = await connectRaw(fixture.service.port);
      await wire.send(get("/a/x", [field], method) + content + get("/a/after", ["Connection: close"]));
      const response = await wire.readResponse({ method });
      assertEquals([response.status, response.field("cred-proxy-error")], [400, "bad_request"]);
      await wire.readToEnd();
      const targets = fixture.upstream.requests.slice(before).map(({ target }) => target);
      assert(!targets.includes("/smuggled"), targets.join());
    }
  }
});

Deno.test("content of ambiguous length is refused", async () => {
  const framings = [
    ["Content-Length: 5, 5"],
    ["Content-Length: 5", "Content-Length: 5"],
    ["Content-Length: 5", "Content-Length: 6"],
    ["Content-Length: 5, 6"],
    ["Content-Length: +5"],
    ["Content-Length: -5"],
    ["Content-Length: 0x5"],
    ["Content-Length: 5 5"],
    ["Content-Length: 99999999999999999999"],
    ["Content-Length: 5", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "Content-Length: 5"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding: chunked, chunked"],
    ["Transfer-Encoding: chunked, identity"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding : chunked"],
    ["Transfer-Encoding: \x0bchunked"],
  ];
  for (const fields of framings) {
    const response = await refused(get("/a/x", fields, "POST") + "5\r\nhello\r\n0\r\n\r\n");
    assertEquals(response.status, 400, fields.join());
  }
});

Deno.test("a malformed field is refused", async () => {
  for (const field of ["X-A", ": x", "X A: 1", "X-A: a\0b", "X-A: 1\r\n folded", "X-\xe9: 1"]) {
    assertEquals((await refused(get("/a/x", [field]))).status, 400, field);
  }
});

Deno.test("TRACE, CONNECT and TRACK are never forwarded, in any case, on any path", async () => {
  for (const method of ["TRACE", "trace", "Trace", "connect", "Connect", "TRACK", "tRaCk"]) {
    for (const target of ["/a/x", "/nowhere"]) {
      const response = await refused(get(target, [], method));
      assertOwn(response, {
        status: 405,
        code: "method_not_forwarded",
        message: /^This method is never forwarded$/,
      });
      assertEquals(response.field("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    }
  }
  const tunnel = await refused("CONNECT api:443 HTTP/1.1\r\nHost: api:443\r\n\r\n");
  assertOwn(tunnel, { status: 405, code: "method_not_forwarded", message: /./ });
  // A host that is not served is refused before anything else is looked at.
  const stranger = await refused("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n");
  assertEquals([stranger.status, stranger.field("cred-proxy-error")], [421, "host_not_served"]);
  // The runtime itself rejects a path as the target of CONNECT.
  assertEquals((await refused(get("/a/x", [], "CONNECT"))).status, 400);
});

Deno.test("TRACE does not echo the client's own fields either", async () => {
  const response = await refused(get("/a/x", ["Authorization: mine", "X-A: canary"], "TRACE"));
  assert(!/mine|canary/.test(response.text + response.body.text));
});

Deno.test("an Upgrade gets 426", async () => {
  for (const protocol of ["websocket", "WebSocket", "tls/1.0", "h2c, websocket", "websocket, h2c"]) {
    const fields = [
      "Connection: Upgrade",
      `Upgrade: ${protocol}`,
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    assertOwn(await refused(get("/a/x", fields)), {
      status: 426,
      code: "upgrade_not_served",
      message: /HTTP\/1\.1/,
    });
  }
});

Deno.test("a response to HEAD has the status and the code, and no content", async () => {
  const response = await refused(get("/nowhere", ["Connection: close"], "HEAD"));
  assertEquals([response.status, response.field("cred-proxy-error")], [404, "no_route"]);
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(get("/nowhere", ["Connection: close"], "HEAD"));
  await wire.readHead();
  assertEquals((await wire.readToEnd()).text, "");
});

Deno.test("the connection serves the next request after a refusal", async () => {
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(get("/nowhere", ["Content-Length: 5"], "POST") + "hello" + get("/a/../x") + get("/a/x"));
  const statuses = [];
  for (let count = 0; count < 3; count++) statuses.push((await wire.readResponse()).status);
  assertEquals(statuses, [404, 400, 200]);
});

Deno.test("an unset token gets 500 with the variable's name, and the other routes serve", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200));
  const routes = ["UNSET_TOKEN", "EMPTY_TOKEN", "A_TOKEN"].map((name) => ({
    path: `/${name}/`,
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_env: name,
  }));
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN, EMPTY_TOKEN: "" } });
  for (const name of ["UNSET_TOKEN", "EMPTY_TOKEN"]) {
    const response = await request(service.port, get(`/${name}/x`));
    assertOwn(response, {
      status: 500,
      code: "token_unset",
      message: new RegExp(`: ${name} is unset or empty$`),
    });
    await service.logged(
      new RegExp(`^cred-proxy: ${name} is unset or empty: /${name}/ responds with 500$`, "m"),
    );
  }
  assertEquals((await request(service.port, get("/A_TOKEN/x"))).status, 200);
  assertEquals(upstream.requests.map((each) => each.field("authorization")), [`Bearer ${TOKEN}`]);
});

Deno.test("a failing upstream leads to 502 with one constant text; the cause is on stderr", async () => {
  const [authority, other] = await Promise.all([makeAuthority(), makeAuthority()]);
  const [stranger, elsewhere] = await Promise.all([
    other.issue(["localhost"]),
    authority.issue(["elsewhere.test"]),
  ]);
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  await using plain = startUpstream(async (exchange) => {
    await exchange.write(ANSWERS[exchange.target] ?? "");
    exchange.close();
  });
  // It speaks something other than TLS.
  using greeter = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  greet(greeter, "220 canary ESMTP ready\r\n");
  // It speaks TLS, and refuses with an alert: RFC 8446, section 6.
  using alerter = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  greet(alerter, "\x15\x03\x03\x00\x02\x02\x28");
  await using unverified = startUpstream((exchange) => exchange.respond(200), { tls: stranger });
  await using misnamed = startUpstream((exchange) => exchange.respond(200), { tls: elsewhere });
  const upstreams = {
    plain: plain.url,
    closed: `http://127.0.0.1:${(closed.addr as Deno.NetAddr).port}`,
    unverified: unverified.url,
    misnamed: misnamed.url,
    cleartext: `https://127.0.0.1:${(greeter.addr as Deno.NetAddr).port}`,
    alert: `https://127.0.0.1:${(alerter.addr as Deno.NetAddr).port}`,
  };
  const routes = Object.entries(upstreams).map(([name, upstream]) => ({
    path: `/${name}/`,
    upstream,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  }));
  await using service = await startService({
    routes: { routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_DEBUG: "1" },
    ca: authority.pem,
  });

  const cases: [target: string, cause: RegExp][] = [
    ["/closed/x", /Connection refused/],
    [
      "/unverified/x",
      /invalid peer certificate: .+ \(to trust another authority, name its file in CRED_PROXY_CA_FILE\)/,
    ],
    ["/misnamed/x", /not valid for name/],
    ["/cleartext/x", /UpstreamNotTls: .+ does not speak TLS/],
    ["/alert/x", /UpstreamTlsFailed: the TLS handshake failed: .*HandshakeFailure/],
    ["/plain/nothing", /UpstreamHungUp/],
    ["/plain/greeting", /no HTTP\/1 status line/],
    ["/plain/half", /closed within a head/],
    ["/plain/both", /both Content-Length and Transfer-Encoding/],
    ["/plain/folded", /invalid field line/],
    ["/plain/switch", /unrequested protocol change/],
    ["/plain/999", /status above 599/],
    ["/plain/099", /no HTTP\/1 status line/],
    ["/plain/interim", /connection closed after an interim response/],
  ];
  for (const [target, cause] of cases) {
    const response = await request(service.port, get(target));
    const [code, message] = /^.plain.(?!nothing)/.test(target)
      ? [
        "upstream_reply_refused",
        /^The upstream acted on the request, but its response can't be forwarded; /,
      ]
      : ["/closed/x", "/plain/nothing"].includes(target)
      ? ["upstream_failed", /^The upstream could not be reached, or ended the connection without a response$/]
      : ["upstream_tls_failed", /^No secure connection to the upstream could be made; /];
    // Retrying does not make an untrusted certificate trusted, and would make the upstream act again.
    assertOwn(response, { status: 502, code, message, permanent: code !== "upstream_failed" });
    const [line] = await service.logged(new RegExp(`^\\S+ GET ${target} .*$`, "m"));
    assertMatch(line, cause);
    assert(line.includes(` 502 ${code} `), line);
    assert(!/canary|127\.0\.0\.1|localhost/.test(response.text + response.body.text), response.body.text);
  }
  assertEquals([unverified.requests.length, misnamed.requests.length], [0, 0]);
  assert(!service.stderr().includes(TOKEN));
  assert(!/^\s+at /m.test(service.stderr()), service.stderr());
});

/** Sends text to the first connection, if there is one. */
async function greet(listener: Deno.Listener, text: string): Promise<void> {
  const conn = await listener.accept().catch(() => undefined);
  if (conn === undefined) return;
  await writeAll(conn, text);
  conn.close();
}

const ANSWERS: Readonly<Record<string, string>> = {
  "/nothing": "",
  "/greeting": "220 canary ESMTP ready\r\n",
  "/half": "HTTP/1.1 200 OK\r\nX-Canary: canary",
  "/both": "HTTP/1.1 200 OK\r\nX-Canary: canary\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
  "/folded": "HTTP/1.1 200 OK\r\nX-A: 1\r\n canary\r\nContent-Length: 0\r\n\r\n",
  "/switch": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: canary\r\n\r\n",
  "/999": "HTTP/1.1 999 Denied\r\nContent-Length: 6\r\n\r\ncanary",
  "/099": "HTTP/1.1 099 Odd\r\nContent-Length: 6\r\n\r\ncanary",
  "/interim": "HTTP/1.1 103 Early Hints\r\nLink: </canary>\r\n\r\n",
};

Deno.test("a failing upstream is reported on stderr without a log setting", async () => {
  await using upstream = startUpstream((exchange) => exchange.close());
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  for (let count = 0; count < 3; count++) await request(service.port, get("/a/x?secret"));
  await service.logged(/^cred-proxy: GET \/a\/x failed: UpstreamHungUp: .+$/m);
  assertEquals(service.stderr().split("\n").length, 3, service.stderr());
});

Deno.test("an upstream that does not respond in time leads to 504", async () => {
  await using upstream = startUpstream(async (exchange) => {
    if (exchange.target === "/slow") await exchange.write("HTTP/1.1 200 OK\r\n");
    await exchange.closed;
  });
  const limits = {
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
    connect_timeout_s: 0.3,
    response_timeout_s: 0.3,
  };
  const routes = [
    { path: "/a/", upstream: upstream.url, ...limits },
    // It accepts and never responds to the ClientHello.
    { path: "/mute/", upstream: upstream.url.replace("http:", "https:"), ...limits },
  ];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  for (const target of ["/a/silent", "/a/slow", "/mute/x"]) {
    const start = performance.now();
    const response = await request(service.port, get(target));
    assertOwn(response, {
      status: 504,
      code: "upstream_timeout",
      message: /^The upstream did not respond in time$/,
    });
    const taken = performance.now() - start;
    assert(taken >= 300 && taken < 1500, `${taken} ms`);
  }
});
