/**
 * The upstream of the benchmarks, a program of its own: HTTPS with a certificate made at run time.
 *
 *     /bytes/N        N bytes with a length
 *     /chunked/N      N bytes, chunked; up to 256 KiB in one write
 *     /events/N/GAP   N events, GAP milliseconds apart, each with the time at which it was sent
 *     /sink           discards the content and returns the number of its bytes
 *
 * It prints one line of JSON, its {@linkcode UpstreamAddress}, and ends when its stdin does, so that it never outlives its
 * parent. It has a raw listener, since `Deno.serve` over TLS writes head and content separately and with Nagle's
 * algorithm: every second piece would wait 40 ms for the delayed acknowledgement of the first.
 *
 * @module
 */

import type { ResponseFraming } from "../../lib/http/framing.ts";
import { makeAuthority } from "../../tests/support/authority.ts";
import { join, latin1 } from "../../tests/support/bytes.ts";
import { type Field, parseHead, valuesOf } from "../../tests/support/message.ts";
import { now } from "../../tests/support/clock.ts";
import type { UpstreamAddress } from "../../tests/support/upstream_process.ts";
import { HttpConnection } from "./http_connection.ts";

/** Bytes of content that are written at once. */
const PIECE_SIZE = 256 * 1024;
const PIECE = new Uint8Array(PIECE_SIZE).fill(0x78);

function responseHead(framing: string, type = "application/octet-stream"): Uint8Array {
  return latin1(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n`);
}

function chunk(content: Uint8Array): Uint8Array {
  return join([latin1(`${content.length.toString(16)}\r\n`), content, latin1("\r\n")]);
}

const CHUNKED = "Transfer-Encoding: chunked";
const LAST_CHUNK = latin1("0\r\n\r\n");

/** Yields pieces that add up to a number of bytes. */
function* piecesOf(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= PIECE_SIZE) {
    yield left < PIECE_SIZE ? PIECE.subarray(0, left) : PIECE;
  }
}

/** Whole responses, made once per length. */
const responses = new Map<number, Uint8Array>();

async function sendLength(connection: HttpConnection, length: number): Promise<void> {
  const head = responseHead(`Content-Length: ${length}`);
  if (length > PIECE_SIZE) {
    await connection.write(head);
    for (const piece of piecesOf(length)) await connection.write(piece);
    return;
  }
  const whole = responses.get(length) ?? join([head, ...piecesOf(length)]);
  responses.set(length, whole);
  await connection.write(whole);
}

async function sendChunked(connection: HttpConnection, length: number): Promise<void> {
  if (length <= PIECE_SIZE) {
    const content = PIECE.subarray(0, length);
    return await connection.write(join([responseHead(CHUNKED), chunk(content), LAST_CHUNK]));
  }
  await connection.write(responseHead(CHUNKED));
  const whole = chunk(PIECE);
  for (const piece of piecesOf(length)) {
    await connection.write(piece.length === PIECE_SIZE ? whole : chunk(piece));
  }
  await connection.write(LAST_CHUNK);
}

/** Sends each event at its time, measured from the start, so that a late one does not delay those after it. */
async function sendEvents(connection: HttpConnection, count: number, gap: number): Promise<void> {
  await connection.write(responseHead(CHUNKED, "text/event-stream"));
  const begun = performance.now();
  for (let sent = 1; sent <= count; sent++) {
    const wait = Math.max(0, begun + sent * gap - performance.now());
    await new Promise((resolve) => setTimeout(resolve, wait));
    await connection.write(chunk(latin1(`event: tick\ndata: ${now()} ${"x".repeat(64)}\n\n`)));
  }
  await connection.write(LAST_CHUNK);
}

/** Returns the framing of a request; the service has validated it, so there are only these. */
function framingOf(fields: readonly Field[]): ResponseFraming {
  const [length] = valuesOf(fields, "content-length");
  if (length !== undefined) return { kind: "length", length: Number(length) };
  return { kind: valuesOf(fields, "transfer-encoding").length > 0 ? "chunked" : "none" };
}

async function serveConnection(conn: Deno.Conn): Promise<void> {
  using connection = new HttpConnection(conn);
  for (let text = await connection.readHead(); text !== undefined; text = await connection.readHead()) {
    const { start, fields } = parseHead(text);
    const [, what, first, second] = start.split(" ")[1]?.split("/") ?? [];
    const bytes = await connection.readContent(framingOf(fields));
    if (what === "bytes") await sendLength(connection, Number(first));
    else if (what === "chunked") await sendChunked(connection, Number(first));
    else if (what === "events") await sendEvents(connection, Number(first), Number(second));
    else {await connection.write(
        join([responseHead(`Content-Length: ${`${bytes}`.length}`), latin1(`${bytes}`)]),
      );}
  }
}

async function serve(): Promise<void> {
  const authority = await makeAuthority();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    ...await authority.issue(["localhost"]),
  });
  const address: UpstreamAddress = { port: (listener.addr as Deno.NetAddr).port, ca: authority.pem };
  console.log(JSON.stringify(address));
  for await (const conn of listener) {
    // The service may close a connection in the middle of a response.
    serveConnection(conn).catch(() => {});
  }
}

serve();
for await (const _ of Deno.stdin.readable);
Deno.exit();
