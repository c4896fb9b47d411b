/**
 * One client connection to the service. Framing is parsed by the tests' own parser, which shares nothing with the one
 * under test.
 *
 * @module
 */

import { ByteSource, join, latin1, writeAll } from "../support/bytes.ts";
import { framingOf, type Head, parseHead, readBody, valuesOf } from "../support/message.ts";
import { Comparison, piecesOf } from "./content.ts";
import type { LeakDetector } from "./tokens.ts";

/** A response's head, with the method of its request. */
export interface ResponseHead extends Head {
  readonly status: number;
  readonly method: string;
}

/** The content of an upload. */
export interface Upload {
  /** The id that the content follows from. */
  readonly id: number;
  readonly framing: "length" | "chunked";
  /** In bytes. */
  readonly length: number;
  /** The fraction of the content to send before stopping; 1 by default. */
  readonly part?: number;
}

/** The content that a response must have. */
export interface ExpectedContent {
  readonly id: number;
  /** In bytes. */
  readonly length: number;
  /** Called after each piece; its promise delays the next read. */
  readonly onPiece?: (() => Promise<void>) | undefined;
}

const LAST_CHUNK = latin1("0\r\n\r\n");

/** A client that checks what it gets. */
export class Client {
  readonly #conn: Deno.TcpConn;
  readonly #source: ByteSource;
  readonly #detector: LeakDetector;
  /** Whether the service has announced that it closes the connection after this response. */
  willClose = false;
  #closed = false;

  private constructor(conn: Deno.TcpConn, detector: LeakDetector) {
    this.#conn = conn;
    this.#source = new ByteSource(conn);
    this.#detector = detector;
  }

  static async connect(port: number, detector: LeakDetector): Promise<Client> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new Client(conn, detector);
  }

  /** Sends a request without content and reads the head of the response. */
  async request(method: string, target: string): Promise<ResponseHead> {
    await writeAll(this.#conn, headOf(method, target, ""));
    return await this.readHead(method);
  }

  /** Sends a POST with an id's content, or the first part of it. */
  async sendUpload(target: string, { id, framing, length, part = 1 }: Upload): Promise<void> {
    const field = framing === "length" ? `Content-Length: ${length}` : "Transfer-Encoding: chunked";
    const head = latin1(headOf("POST", target, `${field}\r\nContent-Type: application/octet-stream\r\n`));
    let first: Uint8Array | undefined = head;
    for (const piece of piecesOf(id, Math.floor(length * part))) {
      const bytes = framing === "length" ? [piece] : [
        latin1(`${piece.length.toString(16)}\r\n`),
        piece,
        latin1("\r\n"),
      ];
      await writeAll(this.#conn, join(first === undefined ? bytes : [first, ...bytes]));
      first = undefined;
    }
    if (first !== undefined) await writeAll(this.#conn, first);
    if (framing === "chunked" && part === 1) await writeAll(this.#conn, LAST_CHUNK);
  }

  /** Reads the head of the next response. */
  async readHead(method: string): Promise<ResponseHead> {
    const text = await this.#source.readUntil("\r\n\r\n");
    if (text === undefined) throw new Error("The connection ended before a response");
    this.#detector.scan(text);
    const head = parseHead(text);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head.start)?.[1]);
    if (Number.isNaN(status)) throw new Error("The response has no status line");
    this.willClose = fieldValue(head, "connection")?.toLowerCase() === "close";
    return { ...head, status, method };
  }

  /** Yields the content as it arrives. */
  content(head: ResponseHead): AsyncGenerator<Uint8Array> {
    const none = head.method === "HEAD" || head.status === 204;
    return readBody(
      this.#source,
      none ? { kind: "length", length: 0 } : framingOf(head.fields, { kind: "end" }),
    );
  }

  /** Reads the whole content and scans it, since it is not compared with what was sent. */
  async readAll(head: ResponseHead): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    try {
      for await (const part of this.content(head)) parts.push(part);
      return join(parts);
    } finally {
      this.#detector.scan(join(parts));
    }
  }

  /** Reads a 200 whose content must be the expected one. @throws {Error} at the first difference */
  async expectContent(head: ResponseHead, { id, length, onPiece }: ExpectedContent): Promise<void> {
    await this.expectStatus(head, 200);
    const comparison = new Comparison(id);
    for await (const part of this.content(head)) {
      comparison.add(part);
      await onPiece?.();
    }
    comparison.end(length);
  }

  /** @throws {Error} with the response's content, if its status differs */
  async expectStatus(head: ResponseHead, status: number): Promise<void> {
    if (head.status === status) return;
    const text = new TextDecoder().decode(await this.readAll(head)).slice(0, 200);
    throw new Error(
      `Wanted ${status}, got ${head.status} ${fieldValue(head, "cred-proxy-error") ?? ""}: ${text}`,
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
    this.#source.discard();
  }
}

/** Returns a field's values joined by commas, or undefined. */
export function fieldValue(head: Head, name: string): string | undefined {
  const values = valuesOf(head.fields, name);
  return values.length === 0 ? undefined : values.join(", ");
}

/** Returns a request head with a placeholder in place of the credential. */
function headOf(method: string, target: string, fields: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: cred-proxy:9099\r\nUser-Agent: soak\r\n` +
    `Accept: */*\r\nAccept-Encoding: gzip, br\r\nAuthorization: Bearer placeholder\r\n${fields}\r\n`;
}
