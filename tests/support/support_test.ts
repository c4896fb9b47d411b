import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeAuthority } from "./authority.ts";
import { ByteSource, fromLatin1, join, latin1, writeAll } from "./bytes.ts";
import { derivedFlags, residentMemory, runMain, startService } from "./service.ts";
import { startUpstream } from "./upstream.ts";
import { connectRaw, request } from "./wire.ts";
import { within } from "./within.ts";

Deno.test("makeAuthority() issues leaves that a client verifies by name and by address", async () => {
  const authority = await makeAuthority();
  const tls = await authority.issue(["localhost", "127.0.0.1"]);
  await using upstream = startUpstream((exchange) => exchange.respond(200, {}, "verified"), { tls });
  for (const hostname of ["localhost", "127.0.0.1"]) {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: upstream.port });
    using conn = await Deno.startTls(tcp, { hostname, caCerts: [authority.pem] });
    await writeAll(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const response = await within(new ByteSource(conn).readUntil("verified"), "The response over TLS");
    assertEquals(response, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nverified");
  }
});

Deno.test("makeAuthority() makes certificates that are valid for no other name and under no other authority", async () => {
  const [authority, other] = await Promise.all([makeAuthority(), makeAuthority()]);
  const tls = await authority.issue(["localhost"]);
  await using upstream = startUpstream(() => {}, { tls });

  async function handshake(hostname: string, pem: string): Promise<void> {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: upstream.port });
    using conn = await Deno.startTls(tcp, { hostname, caCerts: [pem] });
    await conn.handshake();
  }

  await handshake("localhost", authority.pem);
  await assertRejects(() => handshake("elsewhere.test", authority.pem), Deno.errors.InvalidData);
  await assertRejects(() => handshake("localhost", other.pem), Deno.errors.InvalidData);
});

Deno.test("startUpstream() exposes the head as sent: order, case and repetition", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(204));
  const head = "PUT /a/../b?q=%2e HTTP/1.1\r\nhOST: x\r\nX-A: 1\r\nx-a:  2 \r\nX-Byte: \xe9\x80\r\n\r\n";
  await request(upstream.port, head);
  const [seen] = upstream.requests;
  assertEquals(seen?.head, head);
  assertEquals([seen?.method, seen?.target], ["PUT", "/a/../b?q=%2e"]);
  assertEquals(seen?.fields, [["hOST", "x"], ["X-A", "1"], ["x-a", "2"], ["X-Byte", "\xe9\x80"]]);
  assertEquals(seen?.field("x-A"), "1, 2");
});

Deno.test("startUpstream() reads bodies by their framing, and the next request after them", async () => {
  await using upstream = startUpstream(() => {});
  await using wire = await connectRaw(upstream.port);
  await wire.send("POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
  await wire.send(
    "POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: v\r\n\r\n",
  );
  await wire.send("GET /3 HTTP/1.1\r\n\r\n");
  await wire.send("POST /4 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel");
  await wire.closeWrite();
  await within(wire.closed, "The upstream's answer to a FIN");
  const seen = upstream.requests.map((each) => [each.target, fromLatin1(each.received), each.complete]);
  assertEquals(seen, [["/1", "hello", true], ["/2", "hello", true], ["/3", "", true], ["/4", "hel", false]]);
  assertEquals(upstream.requests.map((each) => each.request), [1, 2, 3, 4]);
  assertEquals(upstream.connections, 1);
});

Deno.test("Exchange.body() can be left early: the rest is skipped", async () => {
  await using upstream = startUpstream(async (exchange) => {
    for await (const _ of exchange.body()) break;
    await exchange.respond(204);
  });
  await using wire = await connectRaw(upstream.port);
  await wire.send("POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  await wire.send("GET /2 HTTP/1.1\r\n\r\n");
  await wire.readResponse();
  await wire.readResponse();
  assertEquals(upstream.requests.map((each) => [each.target, fromLatin1(each.received)]), [["/1", "hello"], [
    "/2",
    "",
  ]]);
});

Deno.test("Exchange.rawBody() is the body as on the wire", async () => {
  const raw = "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
  let seen = "";
  await using upstream = startUpstream(async (exchange) => {
    seen = fromLatin1(await exchange.rawBody());
    await exchange.respond(200, {}, exchange.received);
  });
  const response = await request(
    upstream.port,
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${raw}`,
  );
  assertEquals([seen, response.body.text], [raw, "hello"]);
});

Deno.test("startUpstream() transfers bodies of many megabytes, chunked in both directions", async () => {
  const part = crypto.getRandomValues(new Uint8Array(60_000));
  const parts = Array.from({ length: 100 }, () => part);
  await using upstream = startUpstream(async (exchange) => {
    const body = await exchange.bodyBytes();
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (let at = 0; at < body.length; at += 50_000) {
      await exchange.writeChunk(body.subarray(at, at + 50_000));
    }
    await exchange.writeChunk();
  });
  await using wire = await connectRaw(upstream.port);
  await wire.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const each of parts) {
    await wire.send(join([latin1(`${each.length.toString(16)}\r\n`), each, latin1("\r\n")]));
  }
  await wire.send("0\r\n\r\n");
  const { body } = await wire.readResponse();
  assert(body.clean);
  assert(Buffer.from(body.bytes).equals(join(parts)));
});

Deno.test("Exchange.closed resolves within a second of the peer leaving a stream", async () => {
  const left = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("first");
    await exchange.closed;
    left.resolve();
  });
  await using wire = await connectRaw(upstream.port);
  await wire.send("GET / HTTP/1.1\r\n\r\n");
  await wire.readUntil("first\r\n");
  assertEquals(upstream.openConnections, 1);
  await wire.close();
  await within(left.promise, "The news of the peer's end", 1_000);
  assertEquals(upstream.openConnections, 0);
});

Deno.test("Exchange.close() aborts a response after all that was written, over TCP and over TLS", async () => {
  const authority = await makeAuthority();
  const tls = await authority.issue(["localhost"]);
  for (const options of [{}, { tls }]) {
    await using upstream = startUpstream(async (exchange) => {
      await exchange.respond(200, { "Content-Length": "300000" }, new Uint8Array(200_000));
      exchange.close();
    }, options);
    let conn: Deno.Conn = await Deno.connect({ hostname: "127.0.0.1", port: upstream.port });
    if (options.tls) {
      conn = await Deno.startTls(conn as Deno.TcpConn, { hostname: "localhost", caCerts: [authority.pem] });
    }
    await writeAll(conn, "GET / HTTP/1.1\r\n\r\n");
    const source = new ByteSource(conn);
    await source.readUntil("\r\n\r\n");
    assertEquals((await within(source.readToEnd(), "The end")).length, 200_000);
    conn.close();
  }
});

Deno.test("Upstream.close() throws what a script threw, unless the peer disconnected", async () => {
  const upstream = startUpstream(() => Promise.reject(new Error("A failed assertion")));
  const response = await assertRejects(() => request(upstream.port, "GET / HTTP/1.1\r\n\r\n"), Error);
  assert(response.message.includes("ended first"));
  await assertRejects(() => upstream.close(), Error, "A failed assertion");

  await using other = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (;;) await exchange.writeChunk(new Uint8Array(100_000));
  });
  await using wire = await connectRaw(other.port);
  await wire.send("GET / HTTP/1.1\r\n\r\n");
  await wire.readHead();
});

Deno.test("readResponse() tells a truncated body from a complete one", async () => {
  const responses: Record<string, [text: string, clean: boolean]> = {
    "/length": ["Content-Length: 5\r\n\r\nhello", true],
    "/short": ["Content-Length: 9\r\n\r\nhello", false],
    "/chunks": ["Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true],
    "/no-last-chunk": ["Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false],
    "/no-blank-line": ["Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", false],
    "/end": ["\r\nhello", true],
  };
  await using upstream = startUpstream(async (exchange) => {
    await exchange.write(`HTTP/1.1 200 OK\r\n${responses[exchange.target]?.[0]}`);
    exchange.close();
  });
  for (const [target, [, clean]] of Object.entries(responses)) {
    const { body } = await request(upstream.port, `GET ${target} HTTP/1.1\r\n\r\n`);
    assertEquals({ target, text: body.text, clean: body.clean }, { target, text: "hello", clean });
  }
});

Deno.test("connectRaw() says what did not arrive", async () => {
  await using upstream = startUpstream((exchange) => exchange.write("HTTP/1.1 200 OK\r\nhalf"));
  await using wire = await connectRaw(upstream.port, { timeoutMs: 100 });
  await wire.send("GET / HTTP/1.1\r\n\r\n");
  await assertRejects(
    () => wire.readHead(),
    Error,
    `A response's head (so far "HTTP/1.1 200 OK\\r\\nhalf"): not within 100 ms`,
  );
});

Deno.test("startService() runs the service under the flags that permissions prints, with no variable of this process", async () => {
  const routes = {
    routes: [{ path: "/a/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN" }],
  };
  const service = await startService({ routes, env: { A_TOKEN: "secret" } });
  assertEquals(service.flags, await derivedFlags(service.env));
  const environ = new TextDecoder().decode(await Deno.readFile(`/proc/${service.pid}/environ`));
  const names = Array.from(environ.matchAll(/(?:^|\0)([^=\0]+)=/g), ([, name = ""]) => name);
  const runtime = ["DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_USE_WRITEV", "HOME", "NO_COLOR", "PATH"];
  assertEquals(names.filter((name) => !runtime.includes(name)).sort(), Object.keys(service.env).sort());
  assert(await residentMemory(service.pid) > 10 * 1024 * 1024);
  assertEquals((await request(service.port, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n")).status, 404);
  assertEquals(await service.stop(), 0);
  await service[Symbol.asyncDispose]();
  await assertRejects(() => Deno.stat(service.folder), Deno.errors.NotFound);
});

Deno.test("startService() rejects with what the service printed to stderr", async () => {
  await assertRejects(() => startService({ routes: "[" }), Error, "JSON");
  const { code } = await runMain(["version"]);
  assertEquals(code, 0);
});
