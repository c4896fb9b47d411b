/**
 * Response content: passed on as it arrives, byte for byte, and visibly aborted where the upstream aborted it.
 *
 * @module
 */

import zlib, { crc32 } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { makeAuthority } from "../support/authority.ts";
import { fromLatin1, join, piecesOf } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { type Service, startService } from "../support/service.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { connectRaw, type Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const fixture = useFixture({
  routes: (upstream) => [{ path: "/a/", upstream }, { path: "/raw/", upstream, scrub: false }],
});

/** A second stage whose upstream speaks TLS (other reads, other sizes) and whose route does not mask. */
let secure: { readonly service: Service; readonly upstream: Upstream };
let secureScript: Script;

Deno.test.beforeAll(async () => {
  const authority = await makeAuthority();
  const upstream = startUpstream((exchange) => secureScript(exchange), {
    tls: await authority.issue(["localhost"]),
  });
  const common = { auth_scheme: "Bearer", token_env: "A_TOKEN", scrub: false };
  const routes = [{ path: "/a/", upstream: upstream.url, ...common }];
  const service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN }, ca: authority.pem });
  secure = { service, upstream };
});
Deno.test.afterAll(async () => {
  await secure.service[Symbol.asyncDispose]();
  await secure.upstream.close();
});

/** Both stages: how the upstream speaks, and how to set its part and get at the service. */
const STAGES = [
  { kind: "http", play: (script: Script) => fixture.setScript(script), port: () => fixture.service.port },
  { kind: "https", play: (script: Script) => void (secureScript = script), port: () => secure.service.port },
];

const GET = "GET /a/x HTTP/1.1\r\nHost: proxy\r\nAccept-Encoding: gzip, br\r\n\r\n";

/** A connection on which the request has been sent. */
async function asked(port: number, patience?: number): Promise<Wire> {
  const wire = await connectRaw(port, patience === undefined ? {} : { timeoutMs: patience });
  await wire.send(GET);
  return wire;
}

/** Bytes that look like no framing. They end in a line break, or the last word would wait for more. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * at + at * 31) >> 7).fill(0x0a, length - 1);
}

/** A frame of `application/vnd.amazon.eventstream` without headers. */
function eventFrame(payload: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(new TextEncoder().encode(payload), 12);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a number has not changed for a while. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await pause(300);
  }
}

/** A chunk as the service sends it: it may join or split the upstream's, so only the content counts. */
async function readContent(wire: Wire, length: number): Promise<string> {
  let content = "";
  while (content.length < length) {
    const size = parseInt(await wire.readUntil("\r\n"), 16);
    content += fromLatin1(await wire.readBytes(size));
    await wire.readBytes(2);
  }
  return content;
}

/** How long an event that nothing follows takes to arrive, in milliseconds. */
async function delayOf(event: Uint8Array, port: number, play: (script: Script) => void): Promise<number> {
  const sent = Promise.withResolvers<number>();
  const done = Promise.withResolvers<void>();
  play(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    // The head is sent alone, so that the content arrives in reads of its own.
    await pause(20);
    await exchange.writeChunk(event);
    sent.resolve(performance.now());
    await done.promise;
    await exchange.writeChunk();
  });
  await using wire = await asked(port);
  await wire.readHead();
  const content = await within(readContent(wire, event.length), `An event of ${event.length} bytes`);
  const delay = performance.now() - await sent.promise;
  assert(content === fromLatin1(event), `${event.length} bytes`);
  done.resolve();
  await wire.readUntil("0\r\n\r\n");
  return delay;
}

for (const { kind, play, port } of STAGES) {
  Deno.test(`each event arrives before the next is sent (${kind})`, async () => {
    const events = ["one", "two", "", "four"].map((text) => `event: e\ndata: ${text}\n\n`);
    const received = events.map(() => Promise.withResolvers<void>());
    play(async (exchange) => {
      await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
      for (const [index, event] of events.entries()) {
        await exchange.writeChunk(event);
        await received[index]?.promise;
      }
      await exchange.writeChunk();
    });
    await using wire = await asked(port());
    await wire.readHead();
    for (const [index, event] of events.entries()) {
      assertEquals(await readContent(wire, event.length), event);
      received[index]?.resolve();
    }
    assertEquals(await wire.readUntil("0\r\n\r\n"), "0\r\n\r\n");
  });

  Deno.test(`each frame of AWS's events arrives before the next is sent, whatever it ends in (${kind})`, async () => {
    const frames = Array.from({ length: 12 }, (_, at) => eventFrame(`{"bytes":"event ${at}"}`));
    const received = frames.map(() => Promise.withResolvers<void>());
    play(async (exchange) => {
      await exchange.respond(200, {
        "Content-Type": "application/vnd.amazon.eventstream",
        "Transfer-Encoding": "chunked",
      });
      for (const [index, frame] of frames.entries()) {
        await exchange.writeChunk(frame);
        await received[index]!.promise;
      }
      await exchange.writeChunk();
    });
    await using wire = await asked(port());
    await wire.readHead();
    for (const [index, frame] of frames.entries()) {
      assertEquals(await readContent(wire, frame.length), fromLatin1(frame));
      received[index]!.resolve();
    }
  });

  Deno.test(`each part arrives before the next is sent, with a length and until close (${kind})`, async () => {
    for (const head of ["Content-Length: 15\r\n\r\n", "Connection: close\r\n\r\n"]) {
      const received = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
      play(async (exchange) => {
        await exchange.write(`HTTP/1.1 200 OK\r\n${head}`);
        for (const { promise } of received) {
          await exchange.write("four\n");
          await promise;
        }
        exchange.close();
      });
      await using wire = await asked(port());
      await wire.readHead();
      for (const { resolve } of received) {
        if (head.startsWith("Content-Length")) assertEquals(fromLatin1(await wire.readBytes(5)), "four\n");
        else assertEquals(await readContent(wire, 5), "four\n");
        resolve();
      }
    }
  });

  Deno.test(`the head arrives before any content (${kind})`, async () => {
    const seen = Promise.withResolvers<void>();
    play(async (exchange) => {
      await exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
      await seen.promise;
      await exchange.write("ok");
    });
    await using wire = await asked(port());
    assertEquals((await wire.readHead()).status, 200);
    seen.resolve();
    assertEquals(fromLatin1(await wire.readBytes(2)), "ok");
  });

  Deno.test(`a full read followed by silence is delivered at once (${kind})`, async () => {
    // The size of one read, with and without the chunk's framing, and sizes close to it.
    const sizes = [16_384, 16_384 - 8, 16_384 - 6, 16_383, 16_385, 32_768, 65_536, 262_144, 300_000];
    for (const size of sizes) {
      const delays: number[] = [];
      // A busy machine may be late once; bytes that wait for more are late each time.
      while (delays.length < 3 && Math.min(...delays) >= 1000) {
        delays.push(await delayOf(noise(size), port(), play));
      }
      assert(Math.min(...delays) < 1000, `${size} bytes came after ${delays} ms`);
    }
  });

  Deno.test(`a large response arrives complete, whatever the size of its pieces (${kind})`, async () => {
    const bytes = noise(3_000_000);
    for (const framing of ["Transfer-Encoding: chunked", `Content-Length: ${bytes.length}`]) {
      play(async (exchange) => {
        await exchange.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
        const chunked = framing.endsWith("chunked");
        for (const piece of piecesOf(bytes, 99_991)) {
          await (chunked ? exchange.writeChunk(piece) : exchange.write(piece));
        }
        if (chunked) await exchange.writeChunk();
      });
      await using wire = await asked(port());
      const { body } = await wire.readResponse();
      assert(body.clean && fromLatin1(body.bytes) === fromLatin1(bytes), framing);
    }
  });

  Deno.test(`an aborted response is seen as aborted (${kind})`, async () => {
    const breaks: [how: string, raw: string, content: string][] = [
      ["within a length", "Content-Length: 10\r\n\r\nfour\n", "four\n"],
      ["before a length", "Content-Length: 10\r\n\r\n", ""],
      ["one byte short", "Content-Length: 6\r\n\r\nfour\n", "four\n"],
      ["within a chunk", "Transfer-Encoding: chunked\r\n\r\na\r\nfour\n", "four\n"],
      ["after a chunk's bytes", "Transfer-Encoding: chunked\r\n\r\n5\r\nfour\n", "four\n"],
      ["between chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nfour\n\r\n", "four\n"],
      ["before the first chunk", "Transfer-Encoding: chunked\r\n\r\n", ""],
      ["within the last chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nfour\n\r\n0\r\n", "four\n"],
      ["with an invalid chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nfour\n\r\nzz\r\n", "four\n"],
    ];
    for (const [how, raw, content] of breaks) {
      for (const gap of [0, 30]) {
        play(async (exchange) => {
          const [head = "", rest = ""] = raw.split(/(?<=\r\n\r\n)/);
          await exchange.write(`HTTP/1.1 200 OK\r\n${head}`);
          if (gap > 0) await pause(gap);
          await exchange.write(rest);
          if (gap > 0) await pause(gap);
          exchange.close();
        });
        await using wire = await asked(port());
        // If all of it arrived at once there may be no response to abort: then the service responds with its own 502.
        const response = await wire.readResponse().catch(() => undefined);
        if (response === undefined) continue;
        const told = `${how}, ${gap} ms: ${JSON.stringify([response.status, response.body])}`;
        if (response.status === 502) {
          assertEquals(response.field("cred-proxy-error"), "upstream_reply_refused", told);
          continue;
        }
        assert(!response.body.clean, told);
        assert(content.startsWith(response.body.text), told);
        if (gap > 0 && how !== "with an invalid chunk") assertEquals(response.body.text, content, told);
      }
    }
  });

  Deno.test(`a client that disconnects mid-stream ends the upstream's exchange within a second (${kind})`, async () => {
    for (const busy of [false, true]) {
      const begun = Promise.withResolvers<Exchange>();
      play(async (exchange) => {
        await exchange.respond(200, { "Transfer-Encoding": "chunked" });
        await exchange.writeChunk("first\n");
        begun.resolve(exchange);
        while (busy) {
          await exchange.writeChunk("more\n");
          await pause(10);
        }
        await exchange.closed;
      });
      await using wire = await asked(port());
      await wire.readUntil("first");
      const exchange = await begun.promise;
      await wire.close();
      await within(exchange.closed, "The end of the upstream's connection", 1000);
    }
  });

  Deno.test(`a client that disconnects before the head ends the upstream's exchange within a second (${kind})`, async () => {
    const begun = Promise.withResolvers<Exchange>();
    play(async (exchange) => {
      begun.resolve(exchange);
      await exchange.closed;
    });
    await using wire = await asked(port());
    const exchange = await within(begun.promise, "The request at the upstream");
    await wire.close();
    await within(exchange.closed, "The end of the upstream's connection", 1000);
  });
}

Deno.test("the head arrives though only the beginning of a chunk has come, and a disconnect is noticed", async () => {
  const begun = Promise.withResolvers<Exchange>();
  fixture.setScript(async (exchange) => {
    // In one write: a sender's buffer may end anywhere.
    await exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
    begun.resolve(exchange);
    await exchange.closed;
  });
  await using wire = await asked(fixture.service.port, 1000);
  const exchange = await begun.promise;
  const head = await wire.readHead().catch(() => undefined);
  await wire.close();
  await within(exchange.closed, "The end of the upstream's connection", 1000);
  assertEquals(head?.status, 200);
});

Deno.test("a TLS connection that closes without close_notify does not complete a response", async () => {
  const authority = await makeAuthority();
  await using upstream = startUpstream(async (exchange) => {
    await exchange.write("HTTP/1.1 200 OK\r\n\r\nfour\n");
    await exchange.closed;
  }, { tls: await authority.issue(["localhost"]) });
  // A man in the middle, who can read nothing but can close the connection.
  using between = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const routes = [{
    path: "/a/",
    upstream: `https://localhost:${(between.addr as Deno.NetAddr).port}`,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  }];
  await using service = await startService({
    routes: { routes },
    env: { A_TOKEN: TOKEN },
    ca: authority.pem,
  });
  const joined = between.accept().then(async (near) => {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: upstream.port });
    const piped = [near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)];
    return { near, piped: Promise.allSettled(piped) };
  });
  await using wire = await asked(service.port);
  await wire.readHead();
  assertEquals(await readContent(wire, 5), "four\n");
  const { near, piped } = await joined;
  near.close();
  await piped;
  const { text } = await wire.readToEnd();
  assertEquals(text, "");
});

Deno.test("a compressed response arrives byte for byte with its own length, whether or not the route masks", async () => {
  const text = "hello, world; ".repeat(20_000);
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(stream).arrayBuffer());
  const cases: [bytes: Uint8Array, coding: string, route: string][] = [
    [gzip, "gzip", "/raw/"],
    [noise(50_000), "br", "/raw/"],
    [gzip, "gzip, identity", "/raw/"],
    [gzip, "gzip", "/a/"],
    [zlib.brotliCompressSync(noise(50_000)), "br", "/a/"],
    [zlib.zstdCompressSync(noise(500_000)), "zstd", "/a/"],
    [zlib.gzipSync(noise(300_000)), "aws-chunked, gzip", "/a/"],
    [noise(50_000), "none", "/a/"],
  ];
  for (const [bytes, coding, route] of cases) {
    for (const chunked of [false, true]) {
      const { response } = await fixture.ask(GET.replace("/a/", route), async (exchange) => {
        const fields = { "Content-Encoding": coding, "Content-Type": "application/json", ETag: '"strong"' };
        if (!chunked) return await exchange.respond(200, fields, bytes);
        await exchange.respond(200, { ...fields, "Transfer-Encoding": "chunked" });
        await exchange.writeChunk(bytes.subarray(0, 100));
        await pause(5);
        await exchange.writeChunk(bytes.subarray(100));
        await exchange.writeChunk();
      });
      assert(response.body.clean && fromLatin1(response.body.bytes) === fromLatin1(bytes), coding);
      assertEquals([response.field("content-encoding"), response.field("etag")], [coding, '"strong"']);
      const length = response.field("content-length");
      // What came chunked has a length if all of it was there at once.
      assert(length === `${bytes.length}` || (chunked && length === undefined), `${coding}: ${length}`);
      if (chunked) continue;
      // As HEAD says.
      const head = GET.replace("GET /a/", `HEAD ${route}`);
      const { response: headed } = await fixture.ask(head, (exchange) => {
        return exchange.respond(200, { "Content-Encoding": coding, ETag: '"strong"' }, bytes);
      });
      for (const name of ["content-encoding", "content-length", "etag"]) {
        assertEquals(headed.field(name), response.field(name), `${coding}: ${name}`);
      }
    }
  }
});

Deno.test("compressed events arrive at once, and end where a secret stands, with a line in the log", async () => {
  const stream = zlib.createGzip();
  const made: Uint8Array[] = [];
  stream.on("data", (bytes: Uint8Array) => made.push(bytes));
  const flushed = async (text: string) => {
    stream.write(text);
    await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
    await pause(5);
    return join(made.splice(0));
  };
  const events = [await flushed("data: one\n\n"), await flushed("data: two\n\n")];
  const last = await flushed(`data: ${TOKEN}\n\n`);
  const steps = events.map(() => Promise.withResolvers<void>());
  await using upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Content-Encoding": "gzip", "Transfer-Encoding": "chunked" });
    for (const [at, event] of events.entries()) {
      await exchange.writeChunk(event);
      await within(steps[at]!.promise, "The client's receipt of an event");
    }
    await exchange.writeChunk(last);
    await exchange.closed;
  });
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({
    routes: { routes },
    env: { A_TOKEN: TOKEN, CRED_PROXY_DEBUG: "1" },
  });
  await using wire = await asked(service.port);
  await wire.readHead();
  for (const [at, event] of events.entries()) {
    const chunk = `${event.length.toString(16)}\r\n${fromLatin1(event)}\r\n`;
    assertEquals(fromLatin1(await wire.readBytes(chunk.length)).toLowerCase(), chunk.toLowerCase());
    steps[at]!.resolve();
  }
  assertEquals((await wire.readToEnd()).text, "");
  await service.logged(/GET \/a\/x → 200 withheld .*\(ContentWithheld: a secret stands in coded content\)$/m);
});

Deno.test("a client that stops reading stalls the upstream, and gets everything in the end", async () => {
  const piece = noise(1_000_000);
  let written = 0;
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, { "Content-Length": "64000000" });
    while (written < 64_000_000) {
      await exchange.write(piece);
      written += piece.length;
    }
  });
  await using wire = await asked(fixture.service.port, 15_000);
  await wire.readHead();
  await settled(() => written);
  // Kernel buffers hold some megabytes, the service next to nothing.
  assert(written < 32_000_000, `${written} bytes were taken`);
  for (let at = 0; at < 64; at++) {
    const bytes = await wire.readBytes(piece.length);
    assert(bytes.every((byte, index) => byte === piece[index]), `megabyte ${at}`);
  }
});

Deno.test("a client that disconnects while it reads nothing ends the upstream's exchange within a second", async () => {
  const begun = Promise.withResolvers<Exchange>();
  let written = 0;
  fixture.setScript(async (exchange) => {
    begun.resolve(exchange);
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (;; written++) await exchange.writeChunk(noise(100_000));
  });
  await using wire = await asked(fixture.service.port);
  const exchange = await begun.promise;
  await settled(() => written);
  await wire.close();
  await within(exchange.closed, "The end of the upstream's connection", 1000);
});

Deno.test("many streams at once stay apart", async () => {
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (let count = 0; count < 20; count++) {
      await exchange.writeChunk(`${exchange.target} `.repeat(100 * (count % 7 + 1)));
      if (count % 5 === 0) await pause(1);
    }
    await exchange.writeChunk();
  });
  const wholes = await Promise.all(Array.from({ length: 40 }, async (_, index) => {
    await using wire = await connectRaw(fixture.service.port, { timeoutMs: 15_000 });
    await wire.send(`GET /a/${index} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const { body } = await wire.readResponse();
    return body.clean && new Set(body.text.trim().split(" ")).size === 1 &&
      body.text.startsWith(`/${index} `) &&
      body.text.length;
  }));
  assert(wholes.every((length) => typeof length === "number" && length > 20 * 100 * 3), wholes.join());
});

Deno.test("a stream that ended leaves both connections usable for the next", async () => {
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for (const part of ["a", "b", "c"]) {
      await exchange.writeChunk(part);
      await pause(2);
    }
    await exchange.writeChunk();
  });
  await using wire = await connectRaw(fixture.service.port);
  const before = fixture.upstream.connections;
  for (let count = 0; count < 10; count++) {
    await wire.send(GET);
    assertEquals((await wire.readResponse()).body.text, "abc");
  }
  assert(fixture.upstream.connections - before <= 1);
});

Deno.test("neither aborted responses nor disconnected clients leave a trace on stderr", () => {
  for (const { service } of [fixture, secure]) {
    const lines = service.stderr().trimEnd().split("\n");
    assertEquals(
      lines.filter((line) => !/^cred-proxy(?: listening on|: GET \S+ failed: \w+)/.test(line)),
      [],
    );
  }
});
