/**
 * One request that a mock upstream received, and the means to answer it.
 *
 * @module
 */

import { type ByteSource, join, latin1, writeAll } from "./bytes.ts";
import { type Field, framingOf, type Head, readBody, valuesOf } from "./message.ts";

/** How much of a request's body is kept for {@linkcode Exchange.received}. */
const KEPT = 1024 * 1024;

/** The peer closed or reset the connection before all was sent. */
export class PeerDisconnected extends Error {
  override name = "PeerGone";
}

/** What an exchange is made of. */
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
  /** The request target as it was sent. */
  readonly target: string;
  /** The fields in the order and the case they came in. */
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

  /** Whether {@linkcode close} was called. */
  get cut(): boolean {
    return this.#cut;
  }

  /** What has been read of the body so far, without the framing; the first megabyte of it. */
  get received(): Uint8Array<ArrayBuffer> {
    return join(this.#kept);
  }

  /** Whether the body has been read to the end that its framing says. */
  get complete(): boolean {
    return this.#complete;
  }

  /** A field's values joined by a comma, or undefined; any case of the name. */
  field(name: string): string | undefined {
    const values = valuesOf(this.fields, name);
    return values.length > 0 ? values.join(", ") : undefined;
  }

  /** The body's bytes as they come, without the framing. There is one body: a second call goes on with the rest. */
  async *body(): AsyncGenerator<Uint8Array> {
    // Not the generator itself: a loop that breaks off would end it, and the rest would pass for the next request.
    for (let part = await this.#body.next(); !part.done; part = await this.#body.next()) yield part.value;
  }

  /** The whole body (what is left of it), without the framing. */
  async bodyBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return join(await Array.fromAsync(this.#body));
  }

  /** The whole body as it is on the wire, chunk sizes, trailers and all. */
  async rawBody(): Promise<Uint8Array<ArrayBuffer>> {
    const raw = this.#source.tap();
    await this.drain();
    this.#source.untap();
    return join(raw);
  }

  /** Reads what is left of the body, and forgets all but what {@linkcode received} keeps. */
  async drain(): Promise<void> {
    for await (const _ of this.#body);
  }

  /**
   * Sends bytes; a string is sent as Latin-1.
   *
   * @throws {PeerDisconnected} when the peer has left, which ends a script without failing the test
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
   * Sends a whole reply. `Content-Length` is added unless the fields frame the body themselves. A string is UTF-8.
   * The body of a reply to HEAD is measured but not sent.
   */
  async reply(
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

  /** Cuts the connection, wherever the reply stands. */
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
