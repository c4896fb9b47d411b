import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { payloadOf } from "../support/canary.ts";
import { join } from "../support/bytes.ts";
import type { Exchange } from "../support/exchange.ts";
import { now } from "../support/clock.ts";
import { Comparison, pieceOf, piecesOf } from "./content.ts";
import { DeliveryCounts } from "./delivery_counts.ts";
import { tokenIn, USER } from "./tokens.ts";

const CHUNKED = { "Transfer-Encoding": "chunked" };

/** How content may be coded. */
export const CODINGS = ["identity", "gzip", "deflate", "br", "zstd"] as const;
export type Coding = typeof CODINGS[number];

const ENCODERS: Readonly<Record<Coding, (bytes: Uint8Array) => Uint8Array>> = {
  identity: (bytes) => bytes,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

/** Where a reply breaks off. */
export const BREAK_POINTS = ["nothing", "upload", "head", "length", "chunk", "last"] as const;
export type BreakPoint = typeof BREAK_POINTS[number];

/** How many bytes stand before and behind what an echo sings. */
export const PADDING = 1000;

/** How many tokens that served before are sung along with the one that came. */
const FORMER_TOKENS = 2;

/** How long a slow answer takes, in milliseconds. */
const SLOW_MS = 4_000;

/** Songs are kept for so many tokens. */
const MAX_PAYLOADS = 8;

/**
 * What the upstream does with each request, as its target says: `/WHAT/ID/…`.
 *
 *     bytes/ID/N           N bytes with a length
 *     chunked/ID/N         N bytes, chunked
 *     events/ID/N/GAP      N events, GAP milliseconds apart
 *     sink/ID/N/M          takes N bytes, checks them, and answers with M bytes
 *     idle/ID/N/M          the same, and closes the idle connection a moment later
 *     slow/ID              no answer for a while
 *     no/ID                refuses an upload in the middle
 *     echo/ID/CODING       the credential in all its forms, in a field and in the content, coded
 *     coded/ID/CODING/N    N bytes, coded
 *     broken/ID/BREAK      breaks off
 */
export class Responder {
  readonly counts = new DeliveryCounts();
  /** The tokens that came, the latest last. */
  readonly #tokens: string[] = [];
  readonly #payloads = new Map<string, string>();
  /** The latest request of each connection that is to be closed. */
  readonly #latest = new Map<number, number>();

  async respond(exchange: Exchange): Promise<void> {
    const [, what, digits, first = "", second = ""] = exchange.target.split("/");
    const id = Number(digits);
    this.counts.countRequest(exchange.method, id);
    if (this.#latest.has(exchange.connection)) this.#latest.set(exchange.connection, exchange.request);
    const token = tokenIn(exchange.field("authorization"));
    if (token === undefined) return await exchange.reply(401, [], "No credential of this soak");
    if (!this.#tokens.includes(token)) this.#tokens.push(token);
    switch (what) {
      case "bytes":
        return await sendLength(exchange, id, Number(first));
      case "chunked":
        return await sendChunked(exchange, id, Number(first));
      case "events":
        return await sendEvents(exchange, id, Number(first), Number(second));
      case "sink":
        return await sink(exchange, id, Number(first), Number(second));
      case "idle":
        return await this.#respondAndClose(exchange, id, Number(first), Number(second));
      case "slow":
        return await this.#respondLate(exchange);
      case "no":
        return await refuse(exchange);
      case "echo":
        return await this.#echo(exchange, id, token, first as Coding);
      case "coded":
        return await sendCoded(exchange, id, first as Coding, Number(second));
      case "broken":
        return await breakOff(exchange, id, first as BreakPoint);
      default:
        return await exchange.reply(404);
    }
  }

  /** Closes the connection a moment after the answer, unless another request has come on it. */
  async #respondAndClose(exchange: Exchange, id: number, sent: number, wanted: number): Promise<void> {
    this.#latest.set(exchange.connection, exchange.request);
    exchange.closed.then(() => this.#latest.delete(exchange.connection));
    await sink(exchange, id, sent, wanted);
    setTimeout(() => {
      if (this.#latest.get(exchange.connection) === exchange.request) exchange.close();
    }, id % 20);
  }

  async #echo(exchange: Exchange, id: number, token: string, coding: Coding): Promise<void> {
    const place = this.#tokens.indexOf(token);
    const lines = this.#tokens.slice(Math.max(0, place - FORMER_TOKENS), place + 1).map((each) =>
      this.#payload(each)
    );
    const payload = new TextEncoder().encode(lines.join("\n"));
    const content = join([pieceOf(id, 0, PADDING), payload, pieceOf(id, PADDING, PADDING)]);
    const fields = { "X-Length": `${content.length}`, "X-Echo": lines.at(-1) ?? "" };
    await sendEncoded(exchange, id, coding, fields, content);
  }

  /** All whom it is for have left: if the service does not end the exchange, it has not noticed. */
  async #respondLate(exchange: Exchange): Promise<void> {
    await exchange.drain();
    const ended = await Promise.race([exchange.closed.then(() => true), delay(SLOW_MS).then(() => false)]);
    if (ended) return;
    this.counts.countUnnoticed(exchange.method);
    await exchange.reply(200, [], "late");
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
    return await exchange.reply(200, { "Content-Length": `${length}` }, join([...piecesOf(id, length)]));
  }
  await exchange.reply(200, { "Content-Length": `${length}` });
  for (const piece of piecesOf(id, length)) await exchange.write(piece);
}

async function sendChunked(exchange: Exchange, id: number, length: number): Promise<void> {
  await exchange.reply(200, CHUNKED);
  for (const piece of piecesOf(id, length)) await exchange.writeChunk(piece);
  await exchange.writeChunk();
}

/** An event's text: its stream, its number, when it was sent. */
async function sendEvents(exchange: Exchange, id: number, count: number, gap: number): Promise<void> {
  await exchange.reply(200, { ...CHUNKED, "Content-Type": "text/event-stream" });
  const begun = performance.now();
  for (let sent = 1; sent <= count; sent++) {
    await delay(begun + sent * gap - performance.now());
    await exchange.writeChunk(`id: ${id}.${sent}\ndata: ${now()} ${"x".repeat(64)}\n\n`);
  }
  await exchange.writeChunk();
}

async function sink(exchange: Exchange, id: number, sent: number, wanted: number): Promise<void> {
  const comparison = new Comparison(id);
  try {
    for await (const part of exchange.body()) comparison.add(part);
    comparison.end(sent);
  } catch (error) {
    if (error instanceof Error && error.message.includes("content")) {
      return await exchange.reply(400, [], error.message);
    }
    throw error;
  }
  await sendLength(exchange, id, wanted);
}

/** Says no when some of an upload has come, and reads on. */
async function refuse(exchange: Exchange): Promise<void> {
  for await (const _ of exchange.body()) break;
  await exchange.reply(413, [], "too much");
}

async function sendCoded(exchange: Exchange, id: number, coding: Coding, length: number): Promise<void> {
  await sendEncoded(exchange, id, coding, {}, join([...piecesOf(id, length)]));
}

/** With a length or in two chunks, by turns. */
async function sendEncoded(
  exchange: Exchange,
  id: number,
  coding: Coding,
  fields: Record<string, string>,
  content: Uint8Array,
): Promise<void> {
  const bytes = ENCODERS[coding](content);
  const all = coding === "identity" ? fields : { ...fields, "Content-Encoding": coding };
  if (id % 2 === 0) return await exchange.reply(200, all, bytes);
  await exchange.reply(200, { ...all, ...CHUNKED });
  const half = bytes.length >> 1;
  await exchange.writeChunk(bytes.subarray(0, half));
  await exchange.writeChunk(bytes.subarray(half));
  await exchange.writeChunk();
}

/** Ends the connection where a reply is not whole. */
async function breakOff(exchange: Exchange, id: number, where: BreakPoint): Promise<void> {
  if (where === "upload") {
    for await (const _ of exchange.body()) break;
  } else await exchange.drain();
  if (where === "head") await exchange.write("HTTP/1.1 200 OK\r\nContent-Le");
  if (where === "length") await exchange.reply(200, { "Content-Length": "20000" }, pieceOf(id, 0, 10_000));
  if (where === "chunk" || where === "last") {
    await exchange.reply(200, CHUNKED);
    await exchange.writeChunk(pieceOf(id, 0, 10_000));
    if (where === "chunk") await exchange.write("100\r\nhalf");
  }
  exchange.close();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
