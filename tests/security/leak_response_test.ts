/**
 * Responses that hold the secret: neither a client nor a log gets it, however an upstream sends it back.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import zlib from "node:zlib";
import { ask, type LeakCase, useLeakFixture } from "../support/leak_fixture.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import {
  assertNoCanary,
  CANARIES,
  canariesIn,
  CANARY_ENV,
  canaryRoutes,
  payloadOf,
  reencodedPayloadOf,
  sentText,
} from "../support/canary.ts";
import type { Exchange } from "../support/exchange.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const leaks = useLeakFixture();

/** A page with the secret in all forms, and the request head as received, credential included. */
function pageOf(exchange: Exchange, payload: string): string {
  return `<title>Echo</title>\n<p>${payload}</p>\n<pre>${exchange.head}</pre>\n`;
}

/** Sends content in chunks of `size` bytes. */
async function sendChunked(exchange: Exchange, bytes: Uint8Array, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) await exchange.writeChunk(bytes.subarray(at, at + size));
  await exchange.writeChunk();
}

/** A response sent as raw text. */
function raw(
  name: string,
  text: (payload: string) => string,
  more: Omit<LeakCase, "name" | "respond"> = {},
): LeakCase {
  return {
    name,
    async respond(exchange, payload) {
      await exchange.write(text(payload));
      exchange.close();
    },
    ...more,
  };
}

Deno.test("a secret in content is masked, however the content is framed", (test) =>
  leaks.run(test, [
    {
      name: "with a length",
      respond: (exchange, payload) => exchange.respond(200, [], pageOf(exchange, payload)),
    },
    {
      name: "in one chunk",
      async respond(exchange, payload) {
        await exchange.respond(200, { "Transfer-Encoding": "chunked" });
        await sendChunked(exchange, latin1(pageOf(exchange, payload)), Infinity);
      },
    },
    {
      name: "in a chunk for every byte",
      async respond(exchange, payload) {
        await exchange.respond(200, { "Transfer-Encoding": "chunked" });
        await sendChunked(exchange, latin1(pageOf(exchange, payload)), 1);
      },
    },
    {
      name: "in a write for every byte, which is a record of TLS",
      async respond(exchange, payload) {
        const page = pageOf(exchange, payload);
        await exchange.write(`HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\n\r\n`);
        for (const char of page) await exchange.write(char);
      },
    },
    {
      name: "in two events, cut at any place of the secret",
      async respond(exchange, payload) {
        await exchange.respond(200, { "Transfer-Encoding": "chunked" });
        for (let at = 1; at < 40; at += 3) {
          await exchange.writeChunk(payload.slice(0, at));
          await new Promise((resolve) => setTimeout(resolve, 2));
          await exchange.writeChunk(payload.slice(at));
        }
        await exchange.writeChunk();
      },
    },
    raw("until the close", (payload) => `HTTP/1.1 200 OK\r\n\r\n${payload}`),
    raw("until the close, in HTTP/1.0", (payload) => `HTTP/1.0 200 OK\r\n\r\n${payload}`),
    {
      name: "as an event stream",
      async respond(exchange, payload) {
        await exchange.respond(200, { "Content-Type": "text/event-stream", "Transfer-Encoding": "chunked" });
        for (let count = 0; count < 5; count++) {
          await exchange.writeChunk(`event: echo\ndata: ${payload.slice(0, 100 * count)}`);
          await exchange.writeChunk(`${payload.slice(100 * count)}\n\n`);
        }
        await exchange.writeChunk();
      },
    },
    {
      name: "as a part of a range",
      respond: (exchange, payload) =>
        exchange.respond(206, { "Content-Range": "bytes 0-9999/20000" }, pageOf(exchange, payload)),
      status: 206,
    },
    {
      name: "as identity",
      respond: (exchange, payload) =>
        exchange.respond(200, { "Content-Encoding": "identity" }, pageOf(exchange, payload)),
    },
    {
      name: "before the request's content is read",
      respond: (exchange, payload) => exchange.respond(200, [], pageOf(exchange, payload)),
      method: "POST",
    },
  ]));

Deno.test("the value of a Basic credential is masked when encoded a second time", (test) =>
  leaks.run(test, [{
    name: "in base64 and in hex",
    respond(exchange, payload) {
      const canary = CANARIES.find((each) => payloadOf(each) === payload)!;
      return exchange.respond(200, [], `${payload} ${reencodedPayloadOf(canary)}`);
    },
  }]));

Deno.test("a secret in an error page is masked", (test) =>
  leaks.run(
    test,
    [400, 401, 403, 404, 407, 413, 422, 429, 500, 502, 503, 504, 599].map((status) => ({
      name: String(status),
      respond: (exchange, payload) => exchange.respond(status, [], pageOf(exchange, payload)),
      status,
    })),
  ));

Deno.test("a secret at any offset of a large response is masked, and every other byte is unchanged", async () => {
  let sent = "";
  const place = 16 * 1024;
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], latin1(sent)));
  await using service = await startService({
    routes: { routes: canaryRoutes(upstream.url) },
    env: CANARY_ENV,
  });
  for (const { secret, route } of CANARIES) {
    // Around each multiple of the read size, at a different offset each time.
    sent = Array.from({ length: 40 }, (_, at) => secret.padStart(place - at % secret.length, ".")).join("");
    const { raw, content } = await ask(service.port, `GET ${route.path}x`);
    assertNoCanary(raw, route.path);
    assertEquals(content.length, sent.length);
    const changed = Array.from(content).flatMap((char, at) => char === sent[at] ? [] : [char]);
    assertEquals(changed.join(""), "*".repeat(40 * secret.length));
  }
});

/** The content codings and their encoders. */
const CODERS: readonly (readonly [coding: string, encode: (page: string) => Uint8Array])[] = [
  ["gzip", (page) => zlib.gzipSync(page)],
  ["x-gzip", (page) => zlib.gzipSync(page)],
  ["gzip", (page) => join([zlib.gzipSync(page.slice(0, 100)), zlib.gzipSync(page.slice(100))])],
  ["deflate", (page) => zlib.deflateSync(page)],
  ["deflate", (page) => zlib.deflateRawSync(page)],
  ["br", (page) => zlib.brotliCompressSync(page)],
  ["zstd", (page) => zlib.zstdCompressSync(page)],
  ["GZip", (page) => zlib.gzipSync(page)],
  ["identity, gzip", (page) => zlib.gzipSync(page)],
  ["gzip, br", (page) => zlib.brotliCompressSync(zlib.gzipSync(page))],
  ["aws-chunked,gzip", (page) => zlib.gzipSync(page)],
];

Deno.test("compressed content with a secret is refused, or breaks off before it", (test) =>
  leaks.run(
    test,
    CODERS.flatMap(([coding, encode], index): LeakCase[] => [
      {
        name: `${coding} with a length (${index})`,
        respond: (exchange, payload) =>
          exchange.respond(200, { "Content-Encoding": coding }, encode(pageOf(exchange, payload))),
        status: 502,
        shows: "none",
      },
      {
        name: `${coding} in a chunk for every byte (${index})`,
        async respond(exchange, payload) {
          await exchange.respond(200, { "Content-Encoding": coding, "Transfer-Encoding": "chunked" });
          await sendChunked(exchange, encode(pageOf(exchange, payload)), 1);
        },
        shows: "any",
      },
      {
        name: `${coding} in an error page (${index})`,
        respond: (exchange, payload) =>
          exchange.respond(500, { "Content-Encoding": coding }, encode(pageOf(exchange, payload))),
        status: 502,
        shows: "none",
      },
    ]),
  ));

Deno.test("content with a word that is no coding is masked as it is", (test) =>
  leaks.run(
    test,
    ["none", "UTF-8", "aws-chunked", "identity, binary"].map((coding) => ({
      name: coding,
      respond: (exchange, payload) =>
        exchange.respond(200, { "Content-Encoding": coding }, pageOf(exchange, payload)),
    })),
  ));

Deno.test("a response in a coding that can't be decoded is refused", (test) =>
  leaks.run(
    test,
    ["compress", "dcb", "gzip, br", "br, gzip", "aes128gcm", "gzip;q=1", '"gzip"', "gzip, gzip, gzip, gzip"]
      .map((coding) => ({
        name: coding,
        respond: (exchange, payload) =>
          exchange.respond(200, { "Content-Encoding": coding }, pageOf(exchange, payload)),
        status: 502,
        shows: "none",
      })),
  ));

Deno.test("a part of a compressed response that nobody asked for is refused", (test) =>
  leaks.run(test, [{
    name: "206",
    respond: (exchange, payload) =>
      exchange.respond(206, { "Content-Encoding": "gzip" }, zlib.gzipSync(pageOf(exchange, payload))),
    status: 502,
    shows: "none",
  }]));

Deno.test("content that is truncated or does not match its coding discloses nothing", (test) =>
  leaks.run(
    test,
    ["gzip", "deflate", "br", "zstd"].flatMap((coding): LeakCase[] => [
      {
        name: `plain text as ${coding}`,
        respond: (exchange, payload) =>
          exchange.respond(200, { "Content-Encoding": coding }, pageOf(exchange, payload)),
        shows: "any",
      },
      {
        name: `${coding} with plain text after it`,
        respond(exchange, payload) {
          const encode = CODERS.find(([name]) => name === coding)?.[1] ?? zlib.gzipSync;
          const page = pageOf(exchange, payload);
          return exchange.respond(200, { "Content-Encoding": coding }, join([encode(page), latin1(page)]));
        },
        shows: "any",
      },
      {
        name: `${coding} that ends in the middle`,
        respond(exchange, payload) {
          const encode = CODERS.find(([name]) => name === coding)?.[1] ?? zlib.gzipSync;
          const coded = encode(pageOf(exchange, payload));
          return exchange.respond(200, { "Content-Encoding": coding }, coded.subarray(0, coded.length - 9));
        },
        shows: "any",
      },
    ]),
  ));

const FIELDS = [
  "X-Echo",
  "Server",
  "Via",
  "ETag",
  "Link",
  "Warning",
  "WWW-Authenticate",
  "Content-Type",
  "Content-Disposition",
  "Content-Location",
  "Location",
  "Refresh",
  "Set-Cookie",
  "Access-Control-Allow-Origin",
  "Strict-Transport-Security",
  "Cred-Proxy-Error",
  "Date",
];

Deno.test("a secret in a field is masked", (test) =>
  leaks.run(test, [
    ...FIELDS.map((field): LeakCase => ({
      name: field,
      respond: (exchange, payload) => exchange.respond(200, { [field]: payload }, "ok"),
      shows: "head",
    })),
    {
      name: "the credential's own",
      respond: (exchange, payload) =>
        exchange.respond(200, {
          "Authorization": exchange.field("authorization") ?? "",
          "X-Api-Key": exchange.field("x-api-key") ?? "",
          "X-Echo": payload,
        }),
      shows: "head",
    },
    {
      name: "two of one name",
      respond: (exchange, payload) =>
        exchange.respond(200, [["X-Echo", payload], ["x-echo", payload], ["X-Echo", payload]]),
      shows: "head",
    },
    {
      name: "two cookies",
      respond: (exchange, payload) =>
        exchange.respond(200, [["Set-Cookie", `a=${payload}`], ["Set-Cookie", `b=${payload}; Path=/`]]),
      shows: "head",
    },
    {
      name: "a redirect to another host",
      respond: (exchange, payload) =>
        exchange.respond(302, { Location: `https://other.test/?key=${payload}` }),
      status: 302,
      shows: "head",
    },
    {
      name: "a redirect to the upstream",
      respond: (exchange, payload) => exchange.respond(307, { Location: `/x?key=${payload}#${payload}` }),
      status: 307,
      shows: "head",
    },
    {
      name: "a reply to HEAD",
      respond: (exchange, payload) => exchange.respond(200, { "X-Echo": payload }),
      shows: "head",
      method: "HEAD",
    },
    {
      name: "a reply to HEAD of compressed content",
      respond: (exchange, payload) =>
        exchange.respond(200, { "X-Echo": payload, "Content-Encoding": "gzip" }),
      shows: "head",
      method: "HEAD",
    },
    {
      name: "204",
      respond: (exchange, payload) => exchange.respond(204, { "X-Echo": payload }),
      status: 204,
      shows: "head",
    },
    {
      name: "304",
      respond: (exchange, payload) => exchange.respond(304, { "ETag": payload }),
      status: 304,
      shows: "head",
    },
    {
      name: "bytes beyond ASCII beside it",
      respond: (exchange, payload) => exchange.respond(200, { "X-Echo": `caf\xe9 ${payload} \xff` }),
      shows: "head",
    },
  ]));

Deno.test("parts of a response that are not forwarded disclose no secret", (test) =>
  leaks.run(test, [
    raw("a reason phrase", (payload) => `HTTP/1.1 200 ${payload}\r\nContent-Length: 2\r\n\r\nok`, {
      shows: "none",
    }),
    raw(
      "a reason phrase of an error",
      (payload) => `HTTP/1.1 500 ${payload}\r\nContent-Length: 2\r\n\r\nok`,
      {
        status: 500,
        shows: "none",
      },
    ),
    raw(
      "100 Continue",
      (payload) =>
        `HTTP/1.1 100 ${payload}\r\nX-Echo: ${payload}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
      {
        shows: "none",
      },
    ),
    raw(
      "103 Early Hints",
      (payload) =>
        `HTTP/1.1 103 Early\r\nLink: ${payload}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
      {
        shows: "none",
      },
    ),
    raw(
      "trailers",
      (payload) =>
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Echo\r\n\r\n2\r\nok\r\n0\r\nX-Echo: ${payload}\r\n\r\n`,
      {
        shows: "none",
      },
    ),
    raw(
      "a chunk's extension",
      (payload) =>
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x="${
          // As much as a chunk's line may have.
          payload.slice(0, 3000).replace(/["\\]/g, "\\$&")}"\r\nok\r\n0\r\n\r\n`,
      {
        shows: "none",
      },
    ),
    raw("bytes after the end", (payload) => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${payload}`, {
      shows: "none",
    }),
    raw(
      "a response after the end",
      (payload) =>
        `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Echo: ${payload}\r\nContent-Length: 0\r\n\r\n`,
      {
        shows: "none",
      },
    ),
    raw("content of a 204", (payload) => `HTTP/1.1 204 OK\r\n\r\n${payload}`, { status: 204, shows: "none" }),
    raw(
      "content of a 304",
      (payload) => `HTTP/1.1 304 OK\r\nContent-Length: ${payload.length}\r\n\r\n${payload}`,
      {
        status: 304,
        shows: "none",
      },
    ),
    raw(
      "content of a reply to HEAD",
      (payload) => `HTTP/1.1 200 OK\r\nContent-Length: ${payload.length}\r\n\r\n${payload}`,
      {
        shows: "none",
        method: "HEAD",
      },
    ),
    raw(
      "a field that Connection names",
      (payload) =>
        `HTTP/1.1 200 OK\r\nConnection: X-Echo\r\nX-Echo: ${payload}\r\nContent-Length: 2\r\n\r\nok`,
      { shows: "none" },
    ),
    raw(
      "fields of the connection",
      (payload) =>
        ["Connection", "Keep-Alive", "Proxy-Authenticate", "Upgrade", "Trailer", "TE", "Proxy-Connection"]
          .reduce((head, name) => `${head}${name}: ${payload}\r\n`, "HTTP/1.1 200 OK\r\n") +
        "Content-Length: 2\r\n\r\nok",
      {
        shows: "none",
      },
    ),
  ]));

Deno.test("a malformed response becomes 502 and discloses nothing", (test) => {
  const answers: Readonly<Record<string, (payload: string) => string>> = {
    "no HTTP": (payload) => `220 ${payload}\r\n`,
    "a change of protocol": (payload) =>
      `HTTP/1.1 101 ${payload}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Echo: ${payload}\r\n\r\n\x81\x7e${payload}`,
    "no status": (payload) => `HTTP/1.1 ${payload}\r\n\r\n`,
    "a status of four digits": (payload) => `HTTP/1.1 2000 OK\r\nX-Echo: ${payload}\r\n\r\n`,
    "a status beyond 599": (payload) =>
      `HTTP/1.1 600 ${payload}\r\nContent-Length: ${payload.length}\r\n\r\n${payload}`,
    "another version": (payload) => `HTTP/2 200\r\nX-Echo: ${payload}\r\n\r\n`,
    "no colon": (payload) => `HTTP/1.1 200 OK\r\n${payload.replaceAll(":", "")}\r\n\r\n`,
    "a space in a name": (payload) => `HTTP/1.1 200 OK\r\nX Echo: ${payload}\r\n\r\n`,
    "a folded line": (payload) => `HTTP/1.1 200 OK\r\nX-Echo: 1\r\n ${payload}\r\nContent-Length: 0\r\n\r\n`,
    "NUL": (payload) => `HTTP/1.1 200 OK\r\nX-Echo: ${payload}\0\r\nContent-Length: 0\r\n\r\n`,
    "a bare CR": (payload) => `HTTP/1.1 200 OK\r\nX-Echo: \r${payload}\r\nContent-Length: 0\r\n\r\n`,
    "a bare LF": (payload) => `HTTP/1.1 200 OK\nX-Echo: ${payload}\n\n`,
    "two lengths": (payload) =>
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\nX-Echo: ${payload}\r\n\r\nok`,
    "a length and chunks": (payload) =>
      `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\nX-Echo: ${payload}\r\n\r\nok`,
    "an invalid length": (payload) => `HTTP/1.1 200 OK\r\nContent-Length: ${payload}\r\n\r\nok`,
    "an unknown transfer coding": (payload) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${payload}\r\n\r\nok`,
    "a compressed transfer": (payload) =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${
        payload.length.toString(16)
      }\r\n${payload}\r\n0\r\n\r\n`,
    "a head beyond 64 KiB": (payload) =>
      `HTTP/1.1 200 OK\r\nX-Echo: ${payload.repeat(60)}\r\nContent-Length: 0\r\n\r\n`,
    "a head that ends in the middle": (payload) => `HTTP/1.1 200 OK\r\nX-Echo: ${payload}`,
    "nothing after an interim response": (payload) => `HTTP/1.1 103 Early\r\nLink: ${payload}\r\n\r\n`,
    "interim ones without end": (payload) => `HTTP/1.1 103 Early\r\nLink: ${payload}\r\n\r\n`.repeat(80),
  };
  return leaks.run(
    test,
    Object.entries(answers).map(([name, text]) => raw(name, text, { status: 502, shows: "none" })),
  );
});

Deno.test("a truncated response discloses nothing", (test) => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const counted = "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n";
  return leaks.run(test, [
    raw("after the secret, of a length", (payload) => `${counted}${payload}`),
    raw("after the secret, in a chunk", (payload) => `${chunked}ffff\r\n${payload}`),
    raw(
      "after the secret and a whole chunk",
      (payload) => `${chunked}${payload.length.toString(16)}\r\n${payload}\r\n`,
    ),
    // A part that is available at once may already be refused.
    raw("at a chunk size that is the secret", (payload) => `${chunked}2\r\nok\r\n${payload}\r\n`, {
      shows: "any",
    }),
    raw("at trailers that are the secret", (payload) => `${chunked}2\r\nok\r\n0\r\n${payload}\r\n\r\n`, {
      shows: "any",
    }),
    ...[8, 13, 20].map((length) =>
      raw(`after ${length} bytes of the secret`, (payload) => `${counted}${payload.slice(0, 1 + length)}`, {
        shows: "none",
      })
    ),
  ]);
});

Deno.test("the payload of the canaries arrives byte for byte on a route that does not mask", async () => {
  await using upstream = startUpstream((exchange) =>
    exchange.respond(200, { "X-Echo": payload }, pageOf(exchange, payload))
  );
  const routes = canaryRoutes(upstream.url).map((route) => ({ ...route, scrub: false }));
  await using service = await startService({ routes: { routes }, env: CANARY_ENV });
  let payload = "";
  for (const canary of CANARIES) {
    payload = payloadOf(canary);
    const response = await request(service.port, `GET ${canary.route.path}x HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    assert(upstream.requests.at(-1)?.head.includes(sentText(canary)));
    assertEquals(response.field("x-echo"), payload);
    assertEquals(fromLatin1(response.body.bytes), pageOf(upstream.requests.at(-1)!, payload));
    assert(canariesIn(response.text).length > 2 && canariesIn(response.body.bytes).length > 2);
  }
  assertEquals(canariesIn(service.stdout() + service.stderr()), []);
});

Deno.test("a secret that an upstream stores from one route is masked when it returns through another", async () => {
  let kept = "";
  await using upstream = startUpstream(async (exchange) => {
    kept += exchange.head;
    await exchange.respond(200, [["X-Kept", btoa(kept)]], kept);
  });
  await using service = await startService({
    routes: { routes: canaryRoutes(upstream.url) },
    env: CANARY_ENV,
  });
  const shown: string[] = [];
  for (const { route } of CANARIES) {
    const { fields, body } = await request(
      service.port,
      `GET ${route.path}x HTTP/1.1\r\nHost: proxy\r\n\r\n`,
    );
    shown.push(JSON.stringify(fields), body.text);
  }
  assert(shown.at(-1)!.length === kept.length, "the last route shows every request");
  assert(canariesIn(kept).length >= CANARIES.length, "the upstream got every token");
  assertNoCanary(shown.join("\n"), "A reply by another route");
});
