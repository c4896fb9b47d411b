/**
 * One request that a mock upstream received, and the methods to respond to it.
 *
 * @module
 */

import { type ByteSource, join, latin1, writeAll } from "./bytes.ts";
import { type Field, framingOf, type Head, readBody, valuesOf } from "./message.ts";

/** How many bytes of a request's body are kept for {@linkcode Exchange.received}. */
const KEPT = 1024 * 1024;

/** The peer closed or reset the connection before all was sent. */
export class PeerDisconnected extends Error {
  override name = "PeerGone";
}

/** The parts of an exchange. */
export interface ExchangeParts {
  readonly conn: Deno.Conn;
  readonly source: ByteSource;
  readonly head: Head;
  readonly connection: number;
  readonly request: number;
}

/** One request on one connection of a mock upstream. */
export class Exchange {
  /** The raw head as Latin-1, with the blank line. */
  readonly head: string;
  readonly method: string;
  /** The request target as sent. */
  readonly target: string;
  /** The fields in their original order and case. */
  readonly fields: readonly Field[];
  /** The connection's serial number, from 1. */
  readonly connection: number;
  /** This request's serial number on its connection, from 1. */
  readonly request: number;
  /** Resolves when the peer closes or resets the connection, or {@linkcode close} was called. */
  readonly closed: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #source: ByteSource;
  readonly #kept: Uint8Array[] = [];
  readonly #body: AsyncGenerator<Uint8Array>;
  #cut = false;
  #complete = false;

  constructor({ conn, source, head, connection, request }: ExchangeParts) {
    const [method = "", target = ""] = head.start.split(" ");
    this.head = head.text;
    this.method = method;
    this.target = target;
    this.fields = head.fields;
    this.connection = connection;
    this.request = request;
    this.#conn = conn;
    this.#source = source;
    this.#body = this.#read();
    this.closed = source.ended;
  }

  /** Returns the bytes that follow the head, for another protocol. No request follows on the connection. */
  takeOver(): ByteSource {
    this.#cut = true;
    return this.#source;
  }

  /** Whether {@linkcode close} or {@linkcode takeOver} was called. */
  get cut(): boolean {
    return this.#cut;
  }

  /** The body as read so far, without the framing; at most its first megabyte. */
  get received(): Uint8Array<ArrayBuffer> {
    return join(this.#kept);
  }

  /** Whether the body has been read to the end of its framing. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Returns a field's values joined by commas, or undefined; the name is case-insensitive. */
  field(name: string): string | undefined {
    const values = valuesOf(this.fields, name);
    return values.length > 0 ? values.join(", ") : undefined;
  }

  /** Yields the body's bytes as they arrive, without the framing. A second call continues with the rest. */
  async *body(): AsyncGenerator<Uint8Array> {
    // Not the generator itself: leaving the loop would end it, and the rest would be read as the next request.
    for (let part = await this.#body.next(); !part.done; part = await this.#body.next()) yield part.value;
  }

  /** Reads the rest of the body, without the framing. */
  async bodyBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return join(await Array.fromAsync(this.#body));
  }

  /** Reads the whole body as sent, with chunk sizes and trailers. */
  async rawBody(): Promise<Uint8Array<ArrayBuffer>> {
    const raw = this.#source.tap();
    await this.drain();
    this.#source.untap();
    return join(raw);
  }

  /** Reads the rest of the body and drops all but what {@linkcode received} keeps. */
  async drain(): Promise<void> {
    for await (const _ of this.#body);
  }

  /**
   * Sends bytes; a string is sent as Latin-1.
   *
   * @throws {PeerDisconnected} when the peer has disconnected, which ends a script without failing the test
   */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? latin1(data) : data;
    try {
      await writeAll(this.#conn, bytes);
    } catch (cause) {
      throw new PeerDisconnected("Cannot write: the connection is over", { cause });
    }
  }

  /** Sends bytes as one chunk of a chunked body; a string is UTF-8. An empty one is the last chunk. */
  async writeChunk(data: string | Uint8Array = ""): Promise<void> {
    const bytes = encode(data);
    await this.write(join([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1("\r\n")]));
  }

  /**
   * Sends a complete response. Adds `Content-Length` unless the fields frame the body themselves. A string is UTF-8.
   * For HEAD the body's length is sent but not the body.
   */
  async respond(
    status: number,
    fields: Readonly<Record<string, string>> | readonly Field[] = [],
    body: string | Uint8Array = "",
  ): Promise<void> {
    const bytes = encode(body);
    const given = Symbol.iterator in fields ? fields : Object.entries(fields);
    const framed = status < 200 || status === 204 || status === 304 ||
      given.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
    const all = framed ? given : [...given, ["Content-Length", `${bytes.length}`] as const];
    const head = [
      `HTTP/1.1 ${status} ${status < 400 ? "OK" : "Error"}`,
      ...all.map((field) => field.join(": ")),
    ];
    const sent = this.method === "HEAD" ? [] : [bytes];
    await this.write(join([latin1(`${head.join("\r\n")}\r\n\r\n`), ...sent]));
  }

  /** Closes the connection, even within a response. */
  close(): void {
    this.#cut = true;
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    let kept = 0;
    for await (const part of readBody(this.#source, framingOf(this.fields, { kind: "length", length: 0 }))) {
      if (kept < KEPT) this.#kept.push(part.slice(0, KEPT - kept));
      kept += part.length;
      yield part;
    }
    this.#complete = true;
  }
}

function encode(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}
