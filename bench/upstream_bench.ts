/**
 * Measures parsing a response, without its connection: `deno bench bench/upstream_bench.ts`.
 *
 * @module
 */

import { ChunkedDecoder } from "../lib/upstream/chunked.ts";
import { decodeLatin1, encodeLatin1 } from "../lib/core/latin1.ts";
import { responseFraming } from "../lib/upstream/response_framing.ts";
import { findHeadEnd, parseResponseHead } from "../lib/upstream/response_head.ts";
import { RESPONSE_HEAD } from "./support/messages.ts";

const SMALL_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n";
const HEADS = { "3 lines": SMALL_HEAD, "17 lines": RESPONSE_HEAD };

for (const [size, text] of Object.entries(HEADS)) {
  const bytes = encodeLatin1(text);
  const head = parseResponseHead(text);

  Deno.bench(`findHeadEnd(): ${size}`, () => {
    findHeadEnd(bytes, 0);
  });

  Deno.bench(`decodeLatin1(): ${size}`, () => {
    decodeLatin1(bytes);
  });

  Deno.bench(`encodeLatin1(): ${size}`, () => {
    encodeLatin1(text);
  });

  Deno.bench(`parseResponseHead(): ${size}`, () => {
    parseResponseHead(text);
  });

  Deno.bench(`responseFraming(): ${size}`, () => {
    responseFraming("GET", head);
  });
}

const nonAscii = encodeLatin1(`HTTP/1.1 200 OK\r\nX-Name: caf\xe9${"x".repeat(500)}\r\n\r\n`);

Deno.bench("decodeLatin1(): a non-ASCII byte", () => {
  decodeLatin1(nonAscii);
});

function chunks(count: number, size: number): Uint8Array {
  return encodeLatin1(`${size.toString(16)}\r\n${"x".repeat(size)}\r\n`.repeat(count));
}

/** Decoding works in place, so each run decodes a fresh copy; the measurement includes copying. */
function benchDecoder(name: string, coded: Uint8Array): void {
  const bytes = new Uint8Array(coded.length);
  Deno.bench(`ChunkedDecoder: ${name}`, () => {
    bytes.set(coded);
    new ChunkedDecoder().decode(bytes, 0, bytes.length);
  });
}

benchDecoder("an event of 120 bytes", chunks(1, 120));
benchDecoder("100 events of 120 bytes", chunks(100, 120));
benchDecoder("16 KiB in one chunk", chunks(1, 16 * 1024));
benchDecoder("256 KiB in chunks of 8 KiB", chunks(32, 8 * 1024));
