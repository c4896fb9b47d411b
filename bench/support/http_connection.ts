/**
 * One end of a persistent raw HTTP/1.1 connection, for the client and the upstream of the benchmarks. It must cost less
 * than the service between the two.
 *
 * @module
 */

import { decoderFor } from "../../lib/upstream/decoder.ts";
import type { ResponseFraming } from "../../lib/http/framing.ts";
import { fromLatin1, writeAll } from "../../tests/support/bytes.ts";

/** Receives a part of the content; the next read waits for a promise that it returns. */
export type ContentHandler = (part: Uint8Array) => unknown;

const READ_SIZE = 256 * 1024;
const LF = 0x0a;

/** Reads one message after the other: neither side sends the next request before the last response. */
export class HttpConnection implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to = 0;

  /** @param size The size of its buffer, in bytes: what a head and its first content must fit into. */
  constructor(conn: Deno.Conn, size = READ_SIZE) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(size);
  }

  write(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  /** Reads the next head with its empty line, one character per byte. @returns Undefined at the end of the connection. */
  async readHead(): Promise<string | undefined> {
    this.#from = this.#to = 0;
    for (;;) {
      const seen = this.#to;
      if (!(await this.#fill())) return undefined;
      // An empty line is the only place where LF follows CR LF.
      for (
        let at = this.#buffer.indexOf(LF, seen);
        at >= 0 && at < this.#to;
        at = this.#buffer.indexOf(LF, at + 1)
      ) {
        if (at < 3 || this.#buffer[at - 2] !== LF) continue;
        this.#from = at + 1;
        return fromLatin1(this.#buffer.subarray(0, at + 1));
      }
    }
  }

  /** Reads the content after the head. @returns The number of its bytes. */
  async readContent(framing: ResponseFraming, onContent?: ContentHandler): Promise<number> {
    const decoder = decoderFor(framing);
    let bytes = 0;
    for (;;) {
      const { end } = decoder.decode(this.#buffer, this.#from, this.#to);
      bytes += end - this.#from;
      if (end > this.#from) await onContent?.(this.#buffer.subarray(this.#from, end));
      if (decoder.done) return bytes;
      this.#from = this.#to = 0;
      if (!(await this.#fill())) throw new Error("The connection ended within a content");
    }
  }

  async #fill(): Promise<boolean> {
    const length = await this.#conn.read(this.#buffer.subarray(this.#to));
    this.#to += length ?? 0;
    return length !== null;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
