/**
 * The body of a response, read from a connection without a network.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Connection } from "../../lib/upstream/connection.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { ResponseBody } from "../../lib/upstream/response_body.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { fromLatin1 } from "../support/bytes.ts";
import { FakeSocket, readPieces } from "../support/fake_socket.ts";

/** Returns the body of a response whose head, and what comes with it, has been read. */
async function bodyOf(...pieces: readonly string[]): Promise<ResponseBody> {
  const connection = new Connection(new FakeSocket(pieces));
  const head = parseResponseHead((await connection.readHead())!);
  return new ResponseBody(connection, decoderFor(responseFraming("GET", head)), () => {});
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : fromLatin1(bytes);
}

Deno.test("a body is read once and in order, though reads that were to be joined come late", async () => {
  const text = Array.from({ length: 20_000 }, (_, index) => String(index % 10_000).padStart(4, "0")).join("");
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`;
  const all = head + text;
  // Two reads as large as a read can be, after which more is likely to follow, and others that take their time.
  const cuts = [0, 16_384, 32_768, 33_000, 49_384, 49_390, all.length];
  const pieces = cuts.slice(1).map((to, index) => all.slice(cuts[index], to));
  let reads = 0;
  const reading = await readPieces("GET", pieces, async () => {
    if (++reads > 2) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  assertEquals(reading.accepted && fromLatin1(reading.body), text);
});

Deno.test("what came together with the head is there at once, whole or in part", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  assertEquals(textOf(await (await bodyOf(head, "5\r\nhello\r\n")).nextBuffered()), undefined);
  const whole = await bodyOf(`${head}5\r\nhello\r\n0\r\n\r\n`);
  assertEquals(textOf(whole.borrowAll()), "hello");
  const part = await bodyOf(`${head}5\r\nhello\r\n`, "5\r\nworld\r\n0\r\n\r\n");
  assertEquals(textOf(await part.nextBuffered()), "hello");
  assertEquals([textOf(await part.next()), textOf(await part.next())], ["world", undefined]);
  const asked = await bodyOf(`${head}5\r\nhello\r\n`, "5\r\nworld\r\n0\r\n\r\n");
  assertEquals(asked.borrowAll(), undefined);
  assertEquals(textOf(await asked.nextBuffered()), "hello");
  assertEquals([textOf(await asked.next()), textOf(await asked.next())], ["world", undefined]);
  const byte = await bodyOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", "i");
  assertEquals([textOf(await byte.nextBuffered()), textOf(await byte.next())], ["h", "i"]);
});

Deno.test("the end of a connection is read once, however full the reads before it were", async () => {
  const full = "x".repeat(16 * 1024);
  let reads = 0;
  const pieces = ["HTTP/1.1 200 OK\r\n\r\n", full, full];
  const reading = await readPieces("GET", pieces, () => Promise.resolve(void reads++));
  assertEquals([reading.accepted && reading.body.length, reads], [2 * full.length, pieces.length + 1]);
});

Deno.test("bytes that follow a body are noticed, in whichever read they come", async () => {
  const text = "x".repeat(20_000);
  const all = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n${text}\r\n0\r\n\r\n`;
  for (const [more, clean] of [["", true], ["HTTP/1.1 200 OK\r\n", false]] as const) {
    for (const cut of [16_384, all.length - 1]) {
      const reading = await readPieces("GET", [all.slice(0, cut), all.slice(cut) + more]);
      assertEquals(reading.accepted && [reading.body.length, reading.clean], [20_000, clean]);
    }
  }
});

Deno.test("a head is written whole, in as few writes as the socket allows, none of which is empty", async () => {
  for (const [writeLimit, lengths] of [[Infinity, [5]], [5, [5]], [3, [3, 2]]] as const) {
    const socket = new FakeSocket([]);
    socket.writeLimit = writeLimit;
    await new Connection(socket).writeHead("hello");
    assertEquals(socket.written.map(({ length }) => length), [...lengths]);
  }
});

Deno.test("a body that breaks off is said to, whichever way its end was announced", async () => {
  for (const framing of ["Content-Length: 5\r\n\r\nhe", "Transfer-Encoding: chunked\r\n\r\n5\r\nhe"]) {
    const reading = await readPieces("GET", [`HTTP/1.1 200 OK\r\n${framing}`]);
    assertEquals(reading, { accepted: false, why: "connection closed within the body" });
  }
});
