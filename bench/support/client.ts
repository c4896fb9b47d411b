/**
 * The agent of the benchmarks.
 *
 * @module
 */

import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { latin1 } from "../../tests/support/bytes.ts";
import { Peer, type Taker } from "./peer.ts";
import { PREFIX } from "./setting.ts";

/** One connection to the service. */
export class Client implements Disposable {
  readonly #peer: Peer;

  private constructor(conn: Deno.Conn) {
    this.#peer = new Peer(conn);
  }

  static async connect(port: number): Promise<Client> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new Client(conn);
  }

  /**
   * Asks for something of the upstream's, with a head that {@linkcode getHead} made.
   *
   * @returns How many bytes of content came.
   */
  async get(head: Uint8Array, taken?: Taker): Promise<number> {
    await this.#peer.write(head);
    return await this.#read(taken);
  }

  /** Sends so many bytes to the upstream. @returns How many it says it got. */
  async upload(bytes: number, framing: "length" | "chunked"): Promise<number> {
    if (bytes % SENT !== 0) throw new RangeError(`Cannot send ${bytes} bytes: wanted a multiple of ${SENT}`);
    const piece = framing === "length" ? CONTENT : CHUNK;
    const field = framing === "length" ? `Content-Length: ${bytes}` : "Transfer-Encoding: chunked";
    await this.#peer.write(head("POST", "sink", `${field}\r\n`));
    for (let left = bytes; left > 0; left -= SENT) await this.#peer.write(piece);
    if (framing === "chunked") await this.#peer.write(LAST_CHUNK);
    let got = "";
    await this.#read((part) => got += new TextDecoder().decode(part));
    return Number(got);
  }

  async #read(taken?: Taker): Promise<number> {
    const text = await this.#peer.readHead();
    if (text === undefined) throw new Error("The service closed the connection without a reply");
    const head = parseResponseHead(text);
    const bytes = await this.#peer.readContent(responseFraming("GET", head), taken);
    if (head.status !== 200) throw new Error(`The service answered with ${head.status}`);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#peer[Symbol.dispose]();
  }
}

/** What is sent at a time. */
const SENT = 256 * 1024;
const CONTENT = new Uint8Array(SENT).fill(0x78);
const CHUNK = latin1(`${SENT.toString(16)}\r\n${"x".repeat(SENT)}\r\n`);
const LAST_CHUNK = latin1("0\r\n\r\n");

/** A request as an agent sends it. */
export function getHead(target: string): Uint8Array {
  return head("GET", target, "");
}

/** With a placeholder where the credential will be. */
function head(method: string, target: string, fields: string): Uint8Array {
  return latin1(
    `${method} ${PREFIX}${target} HTTP/1.1\r\nHost: cred-proxy:9099\r\nUser-Agent: bench\r\n` +
      `Accept: */*\r\nAuthorization: Bearer placeholder\r\n${fields}\r\n`,
  );
}
