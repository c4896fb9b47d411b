/**
 * Coded content in many responses at once. Nobody asks for it, but some servers send it always; each response needs a decoder.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import zlib from "node:zlib";
import { join } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw, request } from "../support/wire.ts";
import { within } from "../support/within.ts";

const fixture = useFixture();

/** As many as the files of `deploy` allow to be in flight. */
const AGENTS = 200;

const POST = "POST /a/x HTTP/1.1\r\nHost: proxy\r\nContent-Length: 2\r\n\r\n{}";

/** Two events in gzip, the first of which is complete when its part has come. */
async function gzipEvents(): Promise<
  readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
> {
  const gzip = zlib.createGzip();
  const parts: Uint8Array[] = [];
  gzip.on("data", (part: Uint8Array) => parts.push(part));
  const taken = () => join(parts.splice(0));
  gzip.write("data: one\n\n");
  await new Promise<void>((resolve) => gzip.flush(() => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const first = taken();
  gzip.end("data: two\n\n");
  await new Promise((resolve) => gzip.on("end", resolve));
  return [first, taken()];
}

const CODED = {
  "Content-Encoding": "gzip",
  "Content-Type": "text/event-stream",
  "Transfer-Encoding": "chunked",
};

Deno.test(`${AGENTS} streams in gzip are open at once, and each event arrives`, async () => {
  const [first, second] = await gzipEvents();
  const open = Promise.withResolvers<void>();
  fixture.setScript(async (exchange: Exchange) => {
    await exchange.respond(200, CODED);
    await exchange.writeChunk(first);
    await open.promise;
    await exchange.writeChunk(second);
    await exchange.writeChunk();
  });
  const wires = await Promise.all(
    Array.from({ length: AGENTS }, async () => {
      const wire = await connectRaw(fixture.service.port, {
        timeoutMs: 20_000,
      });
      await wire.send(POST);
      return wire;
    }),
  );
  const begun = await Promise.all(wires.map(async (wire) => {
    const { status } = await wire.readHead();
    return status === 200 &&
      (await wire.readUntil("\r\n"), await wire.readBytes(first.length)).length;
  }));
  assertEquals(
    begun.filter((length) => length === first.length).length,
    AGENTS,
  );
  open.resolve();
  await Promise.all(wires.map(async (wire) => {
    await within(wire.readUntil("\r\n0\r\n\r\n"), "The second event");
    await wire.close();
  }));
});

Deno.test("more responses than decoders have room at once wait for each other, in every coding", async () => {
  const codings = {
    gzip: zlib.gzipSync("content\n"),
    deflate: zlib.deflateSync("content\n"),
    br: zlib.brotliCompressSync("content\n"),
    zstd: zlib.zstdCompressSync("content\n"),
  };
  await using upstream = startUpstream(async (exchange) => {
    const [, , coding] = exchange.target.split("/") as [
      string,
      string,
      keyof typeof codings,
    ];
    const coded = codings[coding];
    await exchange.respond(200, {
      "Content-Encoding": coding,
      "Transfer-Encoding": "chunked",
    });
    await exchange.writeChunk(coded.subarray(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await exchange.writeChunk(coded.subarray(-1));
    await exchange.writeChunk();
  });
  const routes = [{
    path: "/",
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  }];
  // Room for two decoders of brotli, whose window is 4 MiB here, 15 of zstd, or 85 of gzip.
  const env = { A_TOKEN: TOKEN, CRED_PROXY_BUFFER_MB: "16" };
  await using service = await startService({ routes: { routes }, env });
  for (const coding of Object.keys(codings)) {
    const text = POST.replace("/a/x", `/x/${coding}`);
    const responses = await Promise.all(Array.from({ length: 100 }, () => request(service.port, text)));
    assertEquals(responses.filter(({ status }) => status === 200).length, 100, coding);
  }
});
