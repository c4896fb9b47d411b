import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { payloadOf } from "../support/canary.ts";
import { join } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { now } from "../support/clock.ts";
import { Comparison, pieceOf, piecesOf } from "./content.ts";
import { DeliveryCounts } from "./delivery_counts.ts";
import type { ExpectedEvents } from "./events.ts";
import { tokenIn, USER } from "./tokens.ts";

const CHUNKED = { "Transfer-Encoding": "chunked" };

/** The content codings. */
export const CODINGS = ["identity", "gzip", "deflate", "br", "zstd"] as const;
export type Coding = typeof CODINGS[number];

/** A request for coded content. */
interface Coded {
  readonly id: number;
  readonly coding: Coding;
}

/** A response before it is encoded. */
interface EncodedResponse extends Coded {
  readonly fields: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
}

/** How many bytes are uploaded, and how many are wanted back. */
interface SinkSizes {
  readonly id: number;
  readonly sent: number;
  readonly wanted: number;
}

const ENCODERS: Readonly<Record<Coding, (bytes: Uint8Array) => Uint8Array>> = {
  identity: (bytes) => bytes,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

/** Where a response breaks off. */
export const BREAK_POINTS = ["nothing", "upload", "head", "length", "chunk", "last"] as const;
export type BreakPoint = typeof BREAK_POINTS[number];

/** The number of bytes before and after the payload of an echo. */
export const PADDING = 1000;

/** How many former tokens an echo contains besides the current one. */
const FORMER_TOKENS = 2;

/** The delay of a slow response, in milliseconds. */
const SLOW_MS = 4_000;

/** Payloads are cached for this many tokens. */
const MAX_PAYLOADS = 8;

/**
 * Responds as the request's target says: `/WHAT/ID/…`.
 *
 *     bytes/ID/N           N bytes with a length
 *     chunked/ID/N         N bytes, chunked
 *     events/ID/N/GAP      N events, GAP milliseconds apart
 *     sink/ID/N/M          checks N bytes, and responds with M bytes
 *     idle/ID/N/M          the same, and closes the idle connection a moment later
 *     slow/ID              no response for a while
 *     no/ID                refuses an upload before its end
 *     echo/ID/CODING       the credential in all its forms, in a field and in the content, coded
 *     coded/ID/CODING/N    N bytes, coded
 *     broken/ID/BREAK      breaks off
 *     tiny/ID              chunks of one byte, as fast as possible and without an end
 *     late/ID              no content, although a length is announced, and a moment later what looks like a response
 */
export class Responder {
  readonly counts = new DeliveryCounts();
  /** The tokens so far, the latest last. */
  readonly #tokens: string[] = [];
  readonly #payloads = new Map<string, string>();
  /** The latest request of each connection that will be closed. */
  readonly #latest = new Map<number, number>();

  async respond(exchange: Exchange): Promise<void> {
    const [, what, digits, first = "", second = ""] = exchange.target.split("/");
    const id = Number(digits);
    this.counts.countRequest(exchange.method, id);
    if (this.#latest.has(exchange.connection)) this.#latest.set(exchange.connection, exchange.request);
    const token = tokenIn(exchange.field("authorization"));
    if (token === undefined) return await exchange.respond(401, [], "No credential of this soak");
    if (!this.#tokens.includes(token)) this.#tokens.push(token);
    switch (what) {
      case "bytes":
        return await sendLength(exchange, id, Number(first));
      case "chunked":
        return await sendChunked(exchange, id, Number(first));
      case "events":
        return await sendEvents(exchange, { id, count: Number(first), gapMs: Number(second) });
      case "sink":
        return await sink(exchange, { id, sent: Number(first), wanted: Number(second) });
      case "idle":
        return await this.#respondAndClose(exchange, { id, sent: Number(first), wanted: Number(second) });
      case "slow":
        return await this.#respondLate(exchange);
      case "no":
        return await refuse(exchange);
      case "echo":
        return await this.#echo(exchange, token, { id, coding: first as Coding });
      case "coded":
        return await sendCoded(exchange, { id, coding: first as Coding }, Number(second));
      case "broken":
        return await breakOff(exchange, id, first as BreakPoint);
      case "tiny":
        return await sendTinyChunks(exchange);
      case "late":
        return await sendLate(exchange);
      default:
        return await exchange.respond(404);
    }
  }

  /** Closes the connection a moment after the response, unless another request has arrived on it. */
  async #respondAndClose(exchange: Exchange, sizes: SinkSizes): Promise<void> {
    this.#latest.set(exchange.connection, exchange.request);
    exchange.closed.then(() => this.#latest.delete(exchange.connection));
    await sink(exchange, sizes);
    setTimeout(() => {
      if (this.#latest.get(exchange.connection) === exchange.request) exchange.close();
    }, sizes.id % 20);
  }

  async #echo(exchange: Exchange, token: string, { id, coding }: Coded): Promise<void> {
    const index = this.#tokens.indexOf(token);
    const lines = this.#tokens.slice(Math.max(0, index - FORMER_TOKENS), index + 1).map((each) =>
      this.#payload(each)
    );
    const payload = new TextEncoder().encode(lines.join("\n"));
    const content = join([pieceOf(id, 0, PADDING), payload, pieceOf(id, PADDING, PADDING)]);
    const fields = { "X-Length": `${content.length}`, "X-Echo": lines.at(-1) ?? "" };
    await sendEncoded(exchange, { id, coding, fields, content });
  }

  /** All of its clients have disconnected: if the service does not close the exchange, it has not noticed. */
  async #respondLate(exchange: Exchange): Promise<void> {
    await exchange.drain();
    const ended = await Promise.race([exchange.closed.then(() => true), delay(SLOW_MS).then(() => false)]);
    if (ended) return;
    this.counts.countUnnoticed(exchange.method);
    await exchange.respond(200, [], "late");
  }

  #payload(token: string): string {
    const known = this.#payloads.get(token);
    if (known !== undefined) return known;
    const payload = payloadOf({ secret: token, value: btoa(`${USER}:${token}`) });
    this.#payloads.set(token, payload);
    if (this.#payloads.size > MAX_PAYLOADS) this.#payloads.delete(this.#payloads.keys().next().value ?? "");
    return payload;
  }
}

async function sendLength(exchange: Exchange, id: number, length: number): Promise<void> {
  if (exchange.method === "HEAD" || length <= 64 * 1024) {
    return await exchange.respond(200, { "Content-Length": `${length}` }, join([...piecesOf(id, length)]));
  }
  await exchange.respond(200, { "Content-Length": `${length}` });
  for (const piece of piecesOf(id, length)) await exchange.write(piece);
}

async function sendChunked(exchange: Exchange, id: number, length: number): Promise<void> {
  await exchange.respond(200, CHUNKED);
  for (const piece of piecesOf(id, length)) await exchange.writeChunk(piece);
  await exchange.writeChunk();
}

/** Sends events, each with its stream, its number, and the time it was sent at. */
async function sendEvents(exchange: Exchange, { id, count, gapMs }: ExpectedEvents): Promise<void> {
  await exchange.respond(200, { ...CHUNKED, "Content-Type": "text/event-stream" });
  const begun = performance.now();
  for (let sent = 1; sent <= count; sent++) {
    await delay(begun + sent * gapMs - performance.now());
    await exchange.writeChunk(`id: ${id}.${sent}\ndata: ${now()} ${"x".repeat(64)}\n\n`);
  }
  await exchange.writeChunk();
}

async function sink(exchange: Exchange, { id, sent, wanted }: SinkSizes): Promise<void> {
  const comparison = new Comparison(id);
  try {
    for await (const part of exchange.body()) comparison.add(part);
    comparison.end(sent);
  } catch (error) {
    if (error instanceof Error && error.message.includes("content")) {
      return await exchange.respond(400, [], error.message);
    }
    throw error;
  }
  await sendLength(exchange, id, wanted);
}

/** Refuses an upload after its first piece, and reads the rest. */
async function refuse(exchange: Exchange): Promise<void> {
  for await (const _ of exchange.body()) break;
  await exchange.respond(413, [], "too much");
}

async function sendCoded(exchange: Exchange, { id, coding }: Coded, length: number): Promise<void> {
  await sendEncoded(exchange, { id, coding, fields: {}, content: join([...piecesOf(id, length)]) });
}

/** Sends content with a length or in two chunks, depending on the id. */
async function sendEncoded(
  exchange: Exchange,
  { id, coding, fields, content }: EncodedResponse,
): Promise<void> {
  const bytes = ENCODERS[coding](content);
  const all = coding === "identity" ? fields : { ...fields, "Content-Encoding": coding };
  if (id % 2 === 0) return await exchange.respond(200, all, bytes);
  await exchange.respond(200, { ...all, ...CHUNKED });
  const half = bytes.length >> 1;
  await exchange.writeChunk(bytes.subarray(0, half));
  await exchange.writeChunk(bytes.subarray(half));
  await exchange.writeChunk();
}

async function sendTinyChunks(exchange: Exchange): Promise<void> {
  await exchange.respond(200, CHUNKED);
  const chunks = new TextEncoder().encode("1\r\nx\r\n".repeat(10_000));
  for (;;) await exchange.write(chunks);
}

async function sendLate(exchange: Exchange): Promise<void> {
  const late = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate";
  await exchange.write(`HTTP/1.1 204 No Content\r\nContent-Length: ${late.length}\r\n\r\n`);
  await delay(100);
  await exchange.write(late);
}

/** Closes the connection before the response is complete. */
async function breakOff(exchange: Exchange, id: number, where: BreakPoint): Promise<void> {
  if (where === "upload") {
    for await (const _ of exchange.body()) break;
  } else await exchange.drain();
  if (where === "head") await exchange.write("HTTP/1.1 200 OK\r\nContent-Le");
  if (where === "length") await exchange.respond(200, { "Content-Length": "20000" }, pieceOf(id, 0, 10_000));
  if (where === "chunk" || where === "last") {
    await exchange.respond(200, CHUNKED);
    await exchange.writeChunk(pieceOf(id, 0, 10_000));
    if (where === "chunk") await exchange.write("100\r\nhalf");
  }
  exchange.close();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
