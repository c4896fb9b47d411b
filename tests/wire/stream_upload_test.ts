/**
 * Request content: sent as it arrives, and visibly incomplete if it is.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromLatin1, join, latin1, piecesOf } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { Truncated } from "../support/message.ts";
import { residentMemory, startService } from "../support/service.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { connectRaw, type Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const fixture = useFixture();

/** A megabyte that does not repeat itself within any chunk size. */
const MEGABYTE = Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * at + at * 31) >> 7);

function headOf(...fields: string[]): string {
  return ["POST /a/x HTTP/1.1", "Host: proxy", ...fields, "", ""].join("\r\n");
}

function chunkOf(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === "string" ? latin1(content) : content;
  return join([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1("\r\n")]);
}

Deno.test("a chunked upload arrives complete and chunked, whatever the size of its chunks", async () => {
  let seen = "";
  fixture.setScript(async (exchange) => {
    seen = fromLatin1(await exchange.bodyBytes());
    await exchange.respond(200);
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(headOf("Transfer-Encoding: chunked"));
  for (const piece of piecesOf(MEGABYTE, 200_000)) await wire.send(chunkOf(piece));
  await wire.send("0\r\nX-Trailer: 1\r\n\r\n");
  assertEquals((await wire.readResponse()).status, 200);
  assert(seen === fromLatin1(MEGABYTE));
  const exchange = fixture.upstream.requests.at(-1);
  assertEquals([exchange?.field("transfer-encoding"), exchange?.field("content-length")], [
    "chunked",
    undefined,
  ]);
});

Deno.test("an upload in small chunks, one after the other, arrives whole, and costs no more than its size", async () => {
  for (const size of [100, 1_000, 5_000, 70_000]) {
    let seen = new Uint8Array();
    fixture.setScript(async (exchange) => {
      seen = await exchange.bodyBytes();
      await exchange.respond(200);
    });
    await using wire = await connectRaw(fixture.service.port);
    const pieces = Array.from(
      { length: MEGABYTE.length / size },
      (_, at) => MEGABYTE.subarray(at * size, (at + 1) * size),
    );
    await wire.send(headOf("Transfer-Encoding: chunked"));
    await wire.send(join([...pieces.map(chunkOf), latin1("0\r\n\r\n")]));
    assertEquals((await wire.readResponse()).status, 200);
    assert(fromLatin1(seen) === fromLatin1(join(pieces)), `chunks of ${size} bytes`);
  }
});

Deno.test("an empty chunked upload arrives empty, and its trailers are dropped", async () => {
  let raw = "";
  fixture.setScript(async (exchange) => {
    raw = fromLatin1(await exchange.rawBody());
    await exchange.respond(200);
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(headOf("Transfer-Encoding: chunked") + "0\r\nX-Trailer: 1\r\n\r\n");
  assertEquals([(await wire.readResponse()).status, raw], [200, "0\r\n\r\n"]);
});

Deno.test("an upload with a length arrives complete, with its length", async () => {
  let seen = "";
  fixture.setScript(async (exchange) => {
    seen = fromLatin1(await exchange.rawBody());
    await exchange.respond(200);
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(headOf(`Content-Length: ${MEGABYTE.length}`));
  await wire.send(MEGABYTE);
  assertEquals((await wire.readResponse()).status, 200);
  assert(seen === fromLatin1(MEGABYTE));
  const exchange = fixture.upstream.requests.at(-1);
  assertEquals(
    [exchange?.field("transfer-encoding"), exchange?.field("content-length")],
    [undefined, `${MEGABYTE.length}`],
  );
});

for (const framing of ["Transfer-Encoding: chunked", "Content-Length: 25"]) {
  Deno.test(`each part of an upload arrives before the next is sent (${framing})`, async () => {
    const arrived = Array.from({ length: 5 }, () => Promise.withResolvers<string>());
    fixture.setScript(async (exchange) => {
      let count = 0;
      for await (const part of exchange.body()) arrived[count++]?.resolve(fromLatin1(part));
      await exchange.respond(200);
    });
    await using wire = await connectRaw(fixture.service.port);
    await wire.send(headOf(framing));
    const chunked = framing.endsWith("chunked");
    for (const { promise } of arrived) {
      await wire.send(chunked ? chunkOf("hello") : "hello");
      assertEquals(await within(promise, "A part of the upload"), "hello");
    }
    if (chunked) await wire.send("0\r\n\r\n");
    assertEquals((await wire.readResponse()).status, 200);
  });
}

Deno.test("the response may arrive during the upload", async () => {
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    for await (const part of exchange.body()) await exchange.writeChunk(part);
    await exchange.writeChunk();
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(headOf("Transfer-Encoding: chunked"));
  assertEquals((await wire.readHead()).status, 200);
  for (const text of ["one\n", "two\n", "three\n"]) {
    await wire.send(chunkOf(text));
    await wire.readUntil(`${text}\r\n`);
  }
  await wire.send("0\r\n\r\n");
  await wire.readUntil("0\r\n\r\n");
});

const BREAKS: readonly (readonly [how: string, framing: string, content: string])[] = [
  ["within a length", "Content-Length: 10", "hello"],
  ["before its first byte", "Content-Length: 10", ""],
  ["within a chunk", "Transfer-Encoding: chunked", "a\r\nhello"],
  ["between chunks", "Transfer-Encoding: chunked", "5\r\nhello\r\n"],
  ["before its first chunk", "Transfer-Encoding: chunked", ""],
  ["within the last chunk", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n"],
];

for (const [how, framing, content] of BREAKS) {
  for (const leave of ["close", "closeWrite"] as const) {
    Deno.test(`an upload that aborts ${how} (${leave}) never looks complete, and ends the upstream's connection`, async () => {
      const end = Promise.withResolvers<string>();
      const begun = Promise.withResolvers<void>();
      fixture.setScript(async (exchange) => {
        begun.resolve();
        await exchange.drain().then(() => end.resolve("whole"), (error) => {
          end.resolve(error instanceof Truncated ? "broken" : `${error}`);
        });
      });
      await using wire = await connectRaw(fixture.service.port);
      await wire.send(headOf(framing) + content);
      await within(begun.promise, "The request at the upstream");
      const start = performance.now();
      await wire[leave]();
      assertEquals(await within(end.promise, "The upload's end at the upstream"), "broken");
      assert(performance.now() - start < 1000);
    });
  }
}

Deno.test("an upload with invalid chunks never looks complete", async () => {
  const end = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  fixture.setScript(async (exchange) => {
    begun.resolve();
    await exchange.drain().then(() => end.resolve("whole"), () => end.resolve("broken"));
  });
  for (const nonsense of ["zz\r\n", "-1\r\n", "5\r\nhelloXX0\r\n\r\n"]) {
    await using wire = await connectRaw(fixture.service.port);
    await wire.send(headOf("Transfer-Encoding: chunked") + "5\r\nhello\r\n");
    await within(begun.promise, "The request at the upstream");
    await wire.send(nonsense);
    assertEquals(await within(end.promise, "The upload's end at the upstream"), "broken");
  }
});

Deno.test("a client that disconnects mid-upload ends the upstream's connection within a second", async () => {
  const begun = Promise.withResolvers<Exchange>();
  fixture.setScript(async (exchange) => {
    begun.resolve(exchange);
    await exchange.drain();
  });
  await using wire = await connectRaw(fixture.service.port);
  await wire.send(headOf("Content-Length: 10000000"));
  await wire.send(MEGABYTE);
  const exchange = await within(begun.promise, "The request at the upstream");
  await wire.close();
  await within(exchange.closed, "The end of the upstream's connection", 1000);
});

Deno.test("an upstream that stops reading stalls the client's upload", async () => {
  const reads = Promise.withResolvers<void>();
  const total = 64_000_000;
  let length = 0;
  fixture.setScript(async (exchange) => {
    // Bytes of an earlier test's client may arrive late.
    if (exchange.field("content-length") !== `${total}`) return await exchange.drain();
    await reads.promise;
    for await (const part of exchange.body()) length += part.length;
    await exchange.respond(200);
  });
  await using wire = await connectRaw(fixture.service.port, { timeoutMs: 15_000 });
  await wire.send(headOf(`Content-Length: ${total}`));
  let sent = 0;
  const all = (async () => {
    for (let at = 0; at < total; at += MEGABYTE.length) {
      await wire.send(MEGABYTE);
      sent += MEGABYTE.length;
    }
  })();
  await settled(() => sent);
  // Kernel buffers hold some megabytes, the service next to nothing.
  assert(sent < 32_000_000, `${sent} bytes were taken`);
  reads.resolve();
  await all;
  assertEquals([(await wire.readResponse()).status, length], [200, total]);
});

/** Waits until a number has not changed for a while. */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

for (const status of [401, 413]) {
  for (const framing of ["Content-Length: 1000000000", "Transfer-Encoding: chunked"]) {
    Deno.test(`a ${status} reaches a client that is still uploading, and the upload stops (${framing})`, async () => {
      let length = 0;
      fixture.setScript(async (exchange) => {
        await exchange.body().next();
        await exchange.respond(status, { "X-Reason": "no" }, "not like this");
        for await (const part of exchange.body()) length += part.length;
      });
      await using wire = await connectRaw(fixture.service.port);
      await wire.send(headOf(framing));
      const uploading = uploadUntilCut(wire, framing.endsWith("chunked") ? chunkOf(MEGABYTE) : MEGABYTE);
      const response = await wire.readResponse();
      assertEquals([response.status, response.field("x-reason"), response.body.text], [
        status,
        "no",
        "not like this",
      ]);
      // The client goes on, but the upstream gets no more of it.
      const exchange = fixture.upstream.requests.at(-1);
      await within(exchange?.closed ?? Promise.reject(), "The end of the upstream's connection", 1000);
      // On a busy machine much is sent before the response arrives; the rest would be as much again and more.
      assert(length < 500_000_000, `${length} bytes reached the upstream`);
      await wire.close();
      await uploading;
    });
  }
}

Deno.test("a response reaches a client that is still uploading, though the upstream closes the connection after it", async () => {
  for (const status of [413, 200]) {
    for (const framing of ["Content-Length: 1000000000", "Transfer-Encoding: chunked"]) {
      fixture.setScript(async (exchange) => {
        await exchange.body().next();
        await exchange.respond(status, [], "enough");
        exchange.close();
      });
      await using wire = await connectRaw(fixture.service.port);
      await wire.send(headOf(framing));
      const uploading = uploadUntilCut(wire, framing.endsWith("chunked") ? chunkOf(MEGABYTE) : MEGABYTE);
      const response = await wire.readResponse();
      assertEquals([response.status, response.body.text, response.body.clean], [status, "enough", true]);
      await wire.close();
      await uploading;
    }
  }
});

for (const framing of ["Content-Length: 1000000000", "Transfer-Encoding: chunked"]) {
  Deno.test(`a stopped upload is not kept in memory while the refusal is still arriving (${framing})`, async () => {
    let length = 0;
    const refused = Promise.withResolvers<void>();
    const grown = await memoryFor(framing, async (exchange) => {
      await exchange.respond(413, { "Transfer-Encoding": "chunked" });
      await exchange.writeChunk("begun\n");
      refused.resolve();
      for await (const part of exchange.body()) length += part.length;
    }, refused.promise);
    // The refusal is there before the upload begins, so only what buffers hold may still be sent; 64 MiB are read.
    assert(length < 16_000_000, `${length} bytes reached the upstream`);
    assert(grown < 48_000_000, `${grown} bytes of memory`);
  });
}

Deno.test("an upload that the upstream no longer reads, after an early response, is cut and not kept in memory", async () => {
  const end = Promise.withResolvers<void>();
  await using upstream = startUpstream(async (exchange) => {
    await exchange.body().next();
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("begun\n");
    await end.promise;
  });
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  const before = await residentMemory(service.pid);
  const chunk = chunkOf(MEGABYTE);
  const wires = await Promise.all(
    Array.from({ length: 4 }, () => connectRaw(service.port, { timeoutMs: 15_000 })),
  );
  const uploads = wires.map(async (wire, at) => {
    await wire.send(headOf("Transfer-Encoding: chunked"));
    // One half of them goes on at once, the other pauses until there is a response.
    const pauses = at % 2 === 0;
    await wire.send(chunkOf("hello"));
    if (pauses) await wire.readUntil("begun");
    const uploading = uploadUntilCut(wire, chunk);
    if (pauses) return await uploading;
    assertEquals((await wire.readHead()).status, 502);
    await wire.close();
    await uploading;
  });
  await Promise.all(uploads);
  const grown = await residentMemory(service.pid) - before;
  assert(grown < 32_000_000, `${grown} bytes of memory`);
  for (const wire of wires) await wire.close();
  end.resolve();
});

Deno.test("an upload to an upstream that responds early and reads slowly is taken no faster than it reads, and arrives whole", async () => {
  let length = 0;
  await using upstream = startUpstream(async (exchange) => {
    await exchange.body().next();
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("begun\n");
    for await (const part of exchange.body()) {
      length += part.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await exchange.writeChunk("end");
    await exchange.writeChunk();
  });
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  const before = await residentMemory(service.pid);
  await using wire = await connectRaw(service.port, { timeoutMs: 15_000 });
  await wire.send(headOf("Content-Length: 40000000"));
  const uploading = uploadUntilCut(wire, MEGABYTE, 40);
  assertEquals((await wire.readResponse()).body.text, "begun\nend");
  await uploading;
  const grown = await residentMemory(service.pid) - before;
  assert(grown < 32_000_000, `${grown} bytes of memory`);
});

/** How much memory a service uses in a second of an upload that begins once the upstream has refused it, in bytes. */
async function memoryFor(framing: string, script: Script, refused: Promise<void>): Promise<number> {
  await using upstream = startUpstream(script);
  const routes = [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }];
  await using service = await startService({ routes: { routes }, env: { A_TOKEN: TOKEN } });
  const before = await residentMemory(service.pid);
  try {
    await using wire = await connectRaw(service.port);
    await wire.send(headOf(framing));
    await within(refused, "The refusal");
    const uploading = uploadUntilCut(wire, framing.endsWith("chunked") ? chunkOf(MEGABYTE) : MEGABYTE);
    // Not the refusal itself, if the client does not pause for long enough to read it.
    assert([413, 502].includes((await wire.readHead()).status));
    await within(uploading, "A second of uploading", 1000).catch(() => {});
    const grown = await residentMemory(service.pid) - before;
    await wire.close();
    await uploading;
    return grown;
  } finally {
    // A service that can't keep up would not end by itself either.
    service.kill("SIGKILL");
  }
}

/** Sends until the connection ends. */
async function uploadUntilCut(wire: Wire, piece: Uint8Array, times = 1000): Promise<void> {
  try {
    for (let count = 0; count < times; count++) await wire.send(piece);
  } catch {
    // The connection was closed, as it may be.
  }
}

Deno.test("connections to the upstream are reused, after uploads too", async () => {
  fixture.setScript(async (exchange) => {
    await exchange.drain();
    await exchange.respond(200, [], "ok");
  });
  const before = fixture.upstream.connections;
  await using wire = await connectRaw(fixture.service.port);
  const texts = [
    "GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n",
    headOf("Content-Length: 5") + "hello",
    headOf("Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n",
    headOf("Content-Length: 0"),
  ];
  for (let round = 0; round < 10; round++) {
    for (const text of texts) {
      await wire.send(text);
      assertEquals((await wire.readResponse()).body.text, "ok");
    }
  }
  assert(fixture.upstream.connections - before <= 1, `${fixture.upstream.connections - before} connections`);
});

Deno.test("a connection that the upstream closed while it was idle is not reused", async () => {
  fixture.setScript(async (exchange) => {
    await exchange.respond(200, [], "ok");
    exchange.close();
  });
  for (let count = 0; count < 5; count++) {
    const { response } = await fixture.ask(headOf("Content-Length: 0"), async (exchange) => {
      await exchange.respond(200, [], "ok");
      exchange.close();
    });
    assertEquals(response.status, 200);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});

Deno.test("a request on a reused connection that closes is resent if that is safe, and a POST never", async () => {
  const cases = [["GET", 200, 2], ["PUT", 200, 2], ["DELETE", 200, 2], ["POST", 502, 1], [
    "PATCH",
    502,
    1,
  ]] as const;
  for (const [method, status, times] of cases) {
    await fixture.ask(headOf("Content-Length: 0"));
    const before = fixture.upstream.requests.length;
    fixture.setScript(async (exchange) => {
      if (exchange.request > 1) exchange.close();
      else await exchange.respond(200, [], "ok");
    });
    await using wire = await connectRaw(fixture.service.port);
    await wire.send(`${method} /a/x HTTP/1.1\r\nHost: x\r\n\r\n`);
    const response = await wire.readResponse();
    assertEquals([method, response.status, fixture.upstream.requests.length - before], [
      method,
      status,
      times,
    ]);
  }
});

Deno.test("no upload leaves a trace on stderr", () => {
  assertEquals(fixture.service.stderr().split("\n").filter((line) => !/^cred-proxy/.test(line)), [""]);
});
