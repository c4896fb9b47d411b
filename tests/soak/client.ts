/**
 * One connection of a client to the service. The framing is read by the tests' own reader, which shares nothing with
 * the one under test.
 *
 * @module
 */

import { ByteSource, join, latin1, writeAll } from "../support/bytes.ts";
import { framingOf, type Head, parseHead, readBody, valuesOf } from "../support/message.ts";
import { Comparison, piecesOf } from "./content.ts";
import type { LeakDetector } from "./tokens.ts";

/** A reply's head. */
export interface ResponseHead extends Head {
  readonly status: number;
  readonly method: string;
}

/** How an upload is framed, and how long it is. */
export interface UploadFraming {
  readonly framing: "length" | "chunked";
  readonly length: number;
}

const LAST_CHUNK = latin1("0\r\n\r\n");

export class Client {
  readonly #conn: Deno.TcpConn;
  readonly #source: ByteSource;
  readonly #detector: LeakDetector;
  /** Whether the service has said that the reply is the last one on this connection. */
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

  /** Sends a request that has no content, and reads the head of the reply. */
  async request(method: string, target: string): Promise<ResponseHead> {
    await writeAll(this.#conn, headOf(method, target, ""));
    return await this.readHead(method);
  }

  /** Sends a request with an id's content, or the first part of it. */
  async sendUpload(target: string, id: number, { framing, length }: UploadFraming, part = 1): Promise<void> {
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

  async readHead(method: string): Promise<ResponseHead> {
    const text = await this.#source.readUntil("\r\n\r\n");
    if (text === undefined) throw new Error("The connection ended before a reply");
    this.#detector.scan(text);
    const head = parseHead(text);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head.start)?.[1]);
    if (Number.isNaN(status)) throw new Error("What came is no reply");
    this.willClose = fieldValue(head, "connection")?.toLowerCase() === "close";
    return { ...head, status, method };
  }

  /** The content as it comes. */
  content(head: ResponseHead): AsyncGenerator<Uint8Array> {
    const none = head.method === "HEAD" || head.status === 204;
    return readBody(
      this.#source,
      none ? { kind: "length", length: 0 } : framingOf(head.fields, { kind: "end" }),
    );
  }

  /** All of it; nobody else knows what it should be, so it is listened to. */
  async readAll(head: ResponseHead): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    try {
      for await (const part of this.content(head)) parts.push(part);
      return join(parts);
    } finally {
      this.#detector.scan(join(parts));
    }
  }

  /**
   * Reads content that must be an id's, of a length.
   *
   * @param took Called after each piece; a promise makes the next one wait.
   */
  async expectContent(
    head: ResponseHead,
    id: number,
    length: number,
    took?: () => Promise<void>,
  ): Promise<void> {
    await this.expectStatus(head, 200);
    const comparison = new Comparison(id);
    for await (const part of this.content(head)) {
      comparison.add(part);
      await took?.();
    }
    comparison.end(length);
  }

  /** @throws {Error} if the status is another; it says what the reply said */
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

/** A field's values, joined. */
export function fieldValue(head: Head, name: string): string | undefined {
  const values = valuesOf(head.fields, name);
  return values.length === 0 ? undefined : values.join(", ");
}

/** With a placeholder where the credential will be. */
function headOf(method: string, target: string, fields: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: cred-proxy:9099\r\nUser-Agent: soak\r\n` +
    `Accept: */*\r\nAccept-Encoding: gzip, br\r\nAuthorization: Bearer placeholder\r\n${fields}\r\n`;
}
