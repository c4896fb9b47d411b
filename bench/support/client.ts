/**
 * The client of the benchmarks.
 *
 * @module
 */

import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { latin1 } from "../../tests/support/bytes.ts";
import { type ContentHandler, HttpConnection } from "./http_connection.ts";
import { PREFIX } from "./setting.ts";

/** One connection to the service. */
export class BenchClient implements Disposable {
  readonly #connection: HttpConnection;

  private constructor(conn: Deno.Conn) {
    this.#connection = new HttpConnection(conn);
  }

  static async connect(port: number): Promise<BenchClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new BenchClient(conn);
  }

  /**
   * Sends a request that {@linkcode getRequest} made, and reads the response.
   *
   * @returns The number of bytes of content.
   */
  async get(head: Uint8Array, onContent?: ContentHandler): Promise<number> {
    await this.#connection.write(head);
    return await this.#read(onContent);
  }

  /** Uploads bytes to the upstream. @returns The number that the upstream received. */
  async upload(bytes: number, framing: "length" | "chunked"): Promise<number> {
    if (bytes % PIECE_SIZE !== 0) {
      throw new RangeError(`Cannot send ${bytes} bytes: wanted a multiple of ${PIECE_SIZE}`);
    }
    const piece = framing === "length" ? PIECE : CHUNK;
    const field = framing === "length" ? `Content-Length: ${bytes}` : "Transfer-Encoding: chunked";
    await this.#connection.write(requestHead("POST", "sink", `${field}\r\n`));
    for (let left = bytes; left > 0; left -= PIECE_SIZE) await this.#connection.write(piece);
    if (framing === "chunked") await this.#connection.write(LAST_CHUNK);
    let received = "";
    await this.#read((part) => received += new TextDecoder().decode(part));
    return Number(received);
  }

  async #read(onContent?: ContentHandler): Promise<number> {
    const text = await this.#connection.readHead();
    if (text === undefined) throw new Error("The service closed the connection without a response");
    const head = parseResponseHead(text);
    const bytes = await this.#connection.readContent(responseFraming("GET", head), onContent);
    if (head.status !== 200) throw new Error(`The service returned ${head.status}`);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** Bytes that are written at once. */
const PIECE_SIZE = 256 * 1024;
const PIECE = new Uint8Array(PIECE_SIZE).fill(0x78);
const CHUNK = latin1(`${PIECE_SIZE.toString(16)}\r\n${"x".repeat(PIECE_SIZE)}\r\n`);
const LAST_CHUNK = latin1("0\r\n\r\n");

/** Returns the bytes of a GET, as a client sends it. */
export function getRequest(target: string): Uint8Array {
  return requestHead("GET", target, "");
}

/** Has a placeholder where the service puts the credential. */
function requestHead(method: string, target: string, fields: string): Uint8Array {
  return latin1(
    `${method} ${PREFIX}${target} HTTP/1.1\r\nHost: cred-proxy:9099\r\nUser-Agent: bench\r\n` +
      `Accept: */*\r\nAuthorization: Bearer placeholder\r\n${fields}\r\n`,
  );
}
