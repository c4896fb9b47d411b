/**
 * A raw client: tests of heads, paths and framing send bytes themselves, since ordinary clients normalize them.
 *
 * @module
 */

import { ByteSource, fromLatin1, join, writeAll } from "./bytes.ts";
import { type Field, type Framing, framingOf, type Head, parseHead, readBody, Truncated } from "./message.ts";
import { DEFAULT_TIMEOUT_MS, within } from "./within.ts";

/** A response's head. */
export interface WireResponseHead {
  readonly status: number;
  readonly fields: readonly Field[];
  /** The raw head as Latin-1, with the blank line. */
  readonly text: string;
}

/** Bytes that were read, and how they ended. */
export interface Ending {
  readonly bytes: Uint8Array;
  /** The bytes as UTF-8. */
  readonly text: string;
  /** Whether they ended properly: see the method that returns it. */
  readonly clean: boolean;
}

/** A complete response. */
export interface WireResponse extends WireResponseHead {
  readonly body: Ending;
  /** Returns a field's values joined by commas, or undefined; the name is case-insensitive. */
  field(name: string): string | undefined;
}

/** A connection; every read rejects after `timeoutMs` with a message that says what did not arrive. */
export interface Wire extends AsyncDisposable {
  /** Sends bytes; a string is sent as Latin-1. */
  send(data: string | Uint8Array): Promise<void>;
  /** Reads the next head. */
  readHead(): Promise<WireResponseHead>;
  /** Reads exactly `count` bytes; rejects when the connection ends first. */
  readBytes(count: number): Promise<Uint8Array>;
  /** Reads up to and including the marker, as Latin-1; rejects when the connection ends first. */
  readUntil(marker: string): Promise<string>;
  /** Reads until the peer closes; `clean` is false after a reset. The framing is ignored. */
  readToEnd(): Promise<Ending>;
  /** Reads the next head and its body; `clean` is false when the body ended before its framing said so. */
  readResponse(options?: { readonly method?: string }): Promise<WireResponse>;
  /** Resolves when the peer closes or resets the connection. */
  readonly closed: Promise<void>;
  /** Sends a FIN and keeps reading. */
  closeWrite(): Promise<void>;
  close(): Promise<void>;
}

/** How to connect. */
export interface WireOptions {
  /** 127.0.0.1 by default. */
  readonly hostname?: string;
  /** How long a read waits, in milliseconds; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** Opens a plain TCP connection to a port on loopback. */
export async function connectRaw(port: number, options: WireOptions = {}): Promise<Wire> {
  const { hostname = "127.0.0.1", timeoutMs: patience = DEFAULT_TIMEOUT_MS } = options;
  const conn = await Deno.connect({ hostname, port });
  const source = new ByteSource(conn);

  function wait<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, () => `${what} (so far ${JSON.stringify(source.peek().slice(0, 300))})`, patience);
  }

  async function expect<T>(promise: Promise<T | undefined>, what: string): Promise<T> {
    const value = await wait(promise, what);
    if (value !== undefined) return value;
    const why = source.failure instanceof Error ? source.failure.message : "closed";
    throw new Error(
      `${what}: the connection ended first (${why}) after ${JSON.stringify(source.peek().slice(0, 300))}`,
    );
  }

  async function readHead(): Promise<WireResponseHead> {
    const head = parseHead(await expect(source.readUntil("\r\n\r\n"), "A response's head"));
    return { status: statusOf(head), fields: head.fields, text: head.text };
  }

  async function readReply({ method = "GET" }: { readonly method?: string } = {}): Promise<WireResponse> {
    const head = await readHead();
    const empty = method === "HEAD" || head.status < 200 || head.status === 204 || head.status === 304;
    const framing = empty ? { kind: "length", length: 0 } as const : framingOf(head.fields, { kind: "end" });
    const body = await wait(collect(source, framing), "A response's body");
    return { ...head, body, field: (name) => fieldOf(head.fields, name) };
  }

  async function close(): Promise<void> {
    try {
      conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    source.discard();
    await source.ended;
  }

  return {
    send: (data) => writeAll(conn, data),
    readHead,
    readResponse: readReply,
    readBytes: (count) => {
      const whole = source.readBytes(count).then((bytes) => bytes.length === count ? bytes : undefined);
      return expect(whole, `${count} bytes`);
    },
    readUntil: (marker) => expect(source.readUntil(marker), JSON.stringify(marker)),
    readToEnd: async () => {
      const bytes = await wait(source.readToEnd(), "The connection's end");
      return ending(bytes, source.failure === undefined);
    },
    closed: source.ended,
    closeWrite: () => conn.closeWrite(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Sends text over a new connection and reads one response.
 *
 * @example
 * ```ts
 * import { startUpstream } from "./upstream.ts";
 * import { request } from "./wire.ts";
 *
 * await using upstream = startUpstream((exchange) => exchange.respond(200, {}, "hello"));
 * const response = await request(upstream.port, "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n");
 * console.assert(response.body.text === "hello" && response.body.clean);
 * ```
 */
export async function request(port: number, text: string | Uint8Array): Promise<WireResponse> {
  await using wire = await connectRaw(port);
  await wire.send(text);
  const [method = ""] = (typeof text === "string" ? text : fromLatin1(text)).split(" ", 1);
  return await wire.readResponse({ method });
}

function statusOf(head: Head): number {
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(head.start)?.[1];
  if (status === undefined) throw new Error(`Not a status line: ${JSON.stringify(head.start)}`);
  return Number(status);
}

function fieldOf(fields: readonly Field[], name: string): string | undefined {
  const values = fields.filter(([given]) => given.toLowerCase() === name.toLowerCase());
  return values.length > 0 ? values.map(([, value]) => value).join(", ") : undefined;
}

async function collect(source: ByteSource, framing: Framing): Promise<Ending> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of readBody(source, framing)) parts.push(part);
    return ending(join(parts), true);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    return ending(join(parts), false);
  }
}

function ending(bytes: Uint8Array, clean: boolean): Ending {
  return { bytes, text: new TextDecoder().decode(bytes), clean };
}
