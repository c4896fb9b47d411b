/**
 * Parts (206) of content that has a coding of its own: objects that are stored compressed, whose downloads are continued or
 * made in several parts at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import zlib from "node:zlib";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { sendRange } from "../support/send_range.ts";
import { connectRaw, request, type WireResponse } from "../support/wire.ts";
import { within } from "../support/within.ts";

const fixture = useFixture({ env: { CRED_PROXY_DEBUG: "1" } });

const LINES = new TextEncoder().encode(
  Array.from({ length: 4000 }, (_, line) => `${line} of many\n`).join(""),
);
const STORED = zlib.gzipSync(LINES);
const GZIP = { "Content-Encoding": "gzip", "Last-Modified": "Tue, 15 Nov 1994 08:12:31 GMT" };

function asking(range: string, more: readonly string[] = [], method = "GET"): string {
  return [`${method} /a/object HTTP/1.1`, "Host: proxy:9099", `Range: ${range}`, ...more, "", ""].join(
    "\r\n",
  );
}

/** Asks, and returns the response, and what the upstream was asked. */
async function ask(text: string, script: (exchange: Exchange) => Promise<void>) {
  const { upstream, service } = fixture;
  fixture.setScript(script);
  const before = upstream.requests.length;
  const response = await request(service.port, text);
  return { response, seen: upstream.requests.slice(before) };
}

function linesOf({ text }: WireResponse): string[] {
  return text.slice(0, -4).split("\r\n").slice(1).filter((line) => !line.startsWith("date: "));
}

const LENGTH = STORED.length;
const RANGES: readonly (readonly [range: string, from: number, to: number])[] = [
  ["bytes=0-99", 0, 100],
  ["bytes=100-", 100, LENGTH],
  ["bytes=5000-5000", 5000, 5001],
  ["bytes=-50", LENGTH - 50, LENGTH],
  [`bytes=0-${LENGTH + 10}`, 0, LENGTH],
  ["bytes=0-", 0, LENGTH],
];

Deno.test("a part of coded content passes as it came, with the head that belongs to it", async () => {
  for (const [range, from, to] of RANGES) {
    const { response, seen } = await ask(asking(range), (exchange) => sendRange(exchange, STORED, GZIP));
    assertEquals([response.status, linesOf(response)], [206, [
      "content-type: text/plain",
      "accept-ranges: bytes",
      'etag: "one"',
      "content-encoding: gzip",
      `last-modified: ${GZIP["Last-Modified"]}`,
      `content-range: bytes ${from}-${to - 1}/${LENGTH}`,
      `content-length: ${to - from}`,
    ]], range);
    assert(response.body.clean, range);
    assertEquals(response.body.bytes, new Uint8Array(STORED.subarray(from, to)), range);
    // What decides is the whole, which is asked for with the same fields and a credential of its own.
    const [part, whole] = seen.map(({ fields }) => fields.filter(([name]) => !/^(?:if-)?range$/i.test(name)));
    assertEquals([seen.map((each) => each.field("range")), whole], [[range, undefined], part]);
    assertEquals(seen[1]?.field("authorization"), `Bearer ${TOKEN}`);
  }
});

Deno.test("HEAD says of a part of coded content what GET says, and asks once", async () => {
  for (const [range] of RANGES) {
    const script = (exchange: Exchange) => sendRange(exchange, STORED, GZIP);
    const { response: head, seen } = await ask(asking(range, [], "HEAD"), script);
    const { response: get } = await ask(asking(range), script);
    assertEquals([head.status, linesOf(head), seen.length], [206, linesOf(get), 1]);
  }
});

Deno.test("a part of coded content is asked for under the client's conditions, but for that of the range", async () => {
  const conditions = ['If-Match: "one"', 'If-Range: "one"'];
  const { response, seen } = await ask(
    asking("bytes=10-19", conditions),
    (exchange) => sendRange(exchange, STORED, GZIP),
  );
  assertEquals([response.status, response.body.bytes], [206, new Uint8Array(STORED.subarray(10, 20))]);
  assertEquals(seen.map((each) => [each.field("if-match"), each.field("if-range")]), [
    ['"one"', '"one"'],
    ['"one"', undefined],
  ]);
  const changed = await ask(
    asking("bytes=10-19", ['If-Range: "two"']),
    (exchange) => sendRange(exchange, STORED, GZIP),
  );
  assertEquals([changed.response.status, changed.response.body.bytes, changed.seen.length], [
    200,
    new Uint8Array(STORED),
    1,
  ]);
});

Deno.test("no part of coded content lets a secret through, whichever parts are asked for", async () => {
  const random = () => Array.from({ length: 40 }, () => crypto.randomUUID()).join("\n");
  const text = `${random()}\n{"token":"${TOKEN}"}\n${random()}\n`;
  const clear = text.indexOf(TOKEN);
  for (const [coding, encode] of [["gzip", zlib.gzipSync], ["br", zlib.brotliCompressSync]] as const) {
    const stored = encode(latin1(text));
    const script = async (exchange: Exchange) => {
      const fields = { "Content-Encoding": coding };
      if (exchange.field("range")) return await sendRange(exchange, stored, fields);
      await exchange.respond(200, { ...fields, ETag: '"one"', "Content-Length": `${stored.length}` });
      for (let at = 0; at < stored.length; at += 200) {
        await exchange.write(stored.subarray(at, at + 200));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    // What all parts that passed show at most: with everything before the last of them. Which of those before the secret are
    // refused depends on how much of the content arrives at once.
    let end = 0;
    for (let from = 0; from < stored.length; from += 50) {
      const { response } = await ask(asking(`bytes=${from}-${from + 49}`), script);
      if (response.status === 502) {
        assertEquals(response.field("cred-proxy-error"), "upstream_reply_refused");
        continue;
      }
      assertEquals(response.status, 206);
      assertEquals(
        response.body.bytes,
        new Uint8Array(stored.subarray(from, from + response.body.bytes.length)),
      );
      end = from + response.body.bytes.length;
    }
    const decoder = coding === "gzip" ? zlib.createGunzip() : zlib.createBrotliDecompress();
    const decoded: Uint8Array[] = [];
    decoder.on("data", (bytes: Uint8Array) => decoded.push(bytes));
    decoder.on("error", () => {});
    decoder.write(stored.subarray(0, end));
    await new Promise((resolve) => setTimeout(resolve, 20));
    decoder.destroy();
    const shown = fromLatin1(join(decoded));
    assert(end > 0 && shown.length > 100, `${coding}: nothing passed`);
    assertEquals(shown, text.slice(0, shown.length));
    assert(shown.length <= clear, `${coding}: ${shown.slice(clear)}`);
  }
});

Deno.test("a part of coded content whose whole is another representation is refused", async () => {
  const other = zlib.gzipSync(LINES.subarray(100));
  const asWhole: readonly (readonly [what: string, script: (exchange: Exchange) => Promise<void>])[] = [
    ["another ETag", (exchange) => exchange.respond(200, { ...GZIP, ETag: '"two"' }, STORED)],
    ["no ETag", (exchange) => exchange.respond(200, GZIP, STORED)],
    [
      "another date",
      (exchange) => exchange.respond(200, { "Content-Encoding": "gzip", ETag: '"one"' }, STORED),
    ],
    ["another length", (exchange) => exchange.respond(200, { ...GZIP, ETag: '"one"' }, other)],
    [
      "another coding",
      (exchange) => exchange.respond(200, { ...GZIP, "Content-Encoding": "br", ETag: '"one"' }, STORED),
    ],
    [
      "no coding",
      (exchange) => exchange.respond(200, { "Last-Modified": GZIP["Last-Modified"], ETag: '"one"' }, STORED),
    ],
    ["an error", (exchange) => exchange.respond(403, { ...GZIP, ETag: '"one"' }, STORED)],
    [
      "a part again",
      (exchange) =>
        exchange.respond(
          206,
          { ...GZIP, ETag: '"one"', "Content-Range": `bytes 0-${LENGTH - 1}/${LENGTH}` },
          STORED,
        ),
    ],
  ];
  for (const [what, script] of asWhole) {
    const { response, seen } = await ask(
      asking("bytes=10-19"),
      (exchange) => exchange.field("range") ? sendRange(exchange, STORED, GZIP) : script(exchange),
    );
    assertEquals(
      [response.status, response.field("cred-proxy-error"), seen.length],
      [502, "upstream_reply_refused", 2],
      what,
    );
  }
});

Deno.test("a part of coded content that can't be cut out of its whole is refused, and asked for once", async () => {
  const part = STORED.subarray(0, 100);
  const fields: readonly Readonly<Record<string, string>>[] = [
    {},
    { "Content-Range": `bytes 0-99/*` },
    { "Content-Range": `bytes 0-98/${LENGTH}` },
    { "Content-Range": `bytes 99-0/${LENGTH}` },
    { "Content-Range": `bytes 0-99/50` },
    { "Content-Range": `lines 0-99/${LENGTH}` },
    { "Content-Range": `bytes 0-99/${LENGTH}`, "Content-Type": "multipart/byteranges; boundary=x" },
    { "Content-Range": `bytes 2000000000-2000000099/3000000000` },
  ];
  for (const more of fields) {
    const { response, seen } = await ask(
      asking("bytes=0-99"),
      (exchange) => exchange.respond(206, { ...GZIP, ...more }, part),
    );
    assertEquals([response.status, seen.length], [502, 1], JSON.stringify(more));
  }
  // Which nobody asked for, or with a method that must not be sent again.
  const whole = { "Content-Range": `bytes 0-99/${LENGTH}` };
  for (
    const text of [
      "GET /a/x HTTP/1.1\r\nHost: p:1\r\n\r\n",
      asking("bytes=0-99", ["Content-Length: 0"], "POST"),
    ]
  ) {
    const { response, seen } = await ask(
      text,
      (exchange) => exchange.respond(206, { ...GZIP, ...whole }, part),
    );
    assertEquals([response.status, seen.length], [502, 1]);
  }
});

Deno.test("a client that leaves ends what is read before its part", async () => {
  const closed = Promise.withResolvers<void>();
  const reading = Promise.withResolvers<void>();
  fixture.setScript(async (exchange) => {
    if (exchange.field("range")) return await sendRange(exchange, STORED, GZIP);
    await exchange.write(
      `HTTP/1.1 200 OK\r\nETag: "one"\r\nLast-Modified: ${
        GZIP["Last-Modified"]
      }\r\nContent-Encoding: gzip\r\nContent-Length: ${LENGTH}\r\n\r\n`,
    );
    await exchange.write(STORED.subarray(0, 1000));
    reading.resolve();
    await exchange.closed;
    closed.resolve();
  });
  const wire = await connectRaw(fixture.service.port);
  await wire.send(asking("bytes=9000-"));
  await reading.promise;
  assertEquals((await wire.readHead()).status, 206);
  await wire.close();
  await within(closed.promise, () => "The upstream's connection is still open");
});
