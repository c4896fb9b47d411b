import { writeAll } from "../support/bytes.ts";
import { handshakeText } from "../support/websocket_client.ts";

/** How many bytes of a text a message has: fewer than 126, so that its frame's head is short. */
const LENGTH = 110;

/** How many digits of it are its number. */
const DIGITS = 8;

/** The head of a client's frame: two bytes and the key, which is zero here. RFC 6455, section 5.2. */
const HEAD = 6;

const TEXT_FRAME = 0x81;
const CLOSE_FRAME = 0x88;
const PING_FRAME = 0x89;

/** Of so many messages the time of sending is kept. */
const TIMES = 1024;

const BUFFER = 64 * 1024;

/**
 * One WebSocket whose upstream sends back every message, without a library: it costs little, so that the service has the
 * machine.
 */
export class EchoClient {
  readonly #conn: Deno.TcpConn;
  readonly #onDelay: (ms: number) => void;
  readonly #frame = new Uint8Array(HEAD + LENGTH).fill(0x78);
  readonly #times = new Float64Array(TIMES);
  #writing = false;
  /** How many messages were sent. */
  sent = 0;
  /** How many have come back, each the one that was due. */
  received = 0;
  /** What came instead of the message that was due, or why the connection broke. */
  fault: string | undefined;
  /** The code of the close frame; 1006 if there was none. */
  closeCode: number | undefined;
  /** Resolves with the end of the connection. */
  readonly ended: Promise<void>;

  /** Connects. */
  static async connect(
    port: number,
    { path, onDelay }: {
      readonly path: string;
      readonly onDelay: (ms: number) => void;
    },
  ): Promise<EchoClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    await writeAll(conn, handshakeText(path));
    const byte = new Uint8Array(1);
    let head = "";
    // One byte at a time, so that nothing after the head is read.
    while (!head.endsWith("\r\n\r\n")) {
      if (await conn.read(byte) === null) throw new Error(head);
      head += String.fromCharCode(byte[0]!);
    }
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head);
    return new EchoClient(conn, onDelay);
  }

  private constructor(conn: Deno.TcpConn, onDelay: (ms: number) => void) {
    this.#conn = conn;
    this.#onDelay = onDelay;
    this.#frame.fill(0, 2, HEAD);
    this.#frame[0] = TEXT_FRAME;
    this.#frame[1] = 0x80 | LENGTH;
    this.ended = this.#read().catch((error) => {
      this.fault ??= String(error);
    }).finally(() => {
      this.closeCode ??= 1006;
      conn.close();
    });
  }

  /** Sends the next message, unless the last one could not be written yet, or the connection is closed. */
  send(): void {
    if (this.#writing || this.closeCode !== undefined) return;
    this.#writing = true;
    let number = this.sent;
    for (let at = HEAD + DIGITS; at-- > HEAD;) {
      this.#frame[at] = 0x30 + number % 10;
      number = Math.floor(number / 10);
    }
    this.#times[this.sent++ % TIMES] = performance.now();
    this.#write();
  }

  async #write(): Promise<void> {
    try {
      await writeAll(this.#conn, this.#frame);
    } catch {
      // Reading finds out why.
    }
    this.#writing = false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(BUFFER);
    let start = 0;
    for (let end = 0;;) {
      const length = await this.#conn.read(
        end === 0 ? buffer : buffer.subarray(end),
      );
      if (length === null) return;
      end += length;
      while (end - start >= 2 && end - start >= 2 + buffer[start + 1]!) {
        const payload = buffer.subarray(
          start + 2,
          start += 2 + buffer[start + 1]!,
        );
        await this.#take(buffer[start - payload.length - 2]!, payload);
      }
      if (start > 0) buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
  }

  #take(first: number, payload: Uint8Array): Promise<void> | undefined {
    if (first === CLOSE_FRAME && this.closeCode === undefined) {
      this.closeCode = payload[0]! << 8 | payload[1]!;
      // RFC 6455, section 5.5.1: a close frame is answered by one.
      const answer = new Uint8Array([
        CLOSE_FRAME,
        0x80 | 2,
        0,
        0,
        0,
        0,
        payload[0]!,
        payload[1]!,
      ]);
      return this.#untilWritten().then(() => writeAll(this.#conn, answer));
    }
    // A ping: the messages are sign of life enough.
    if (first === PING_FRAME) return undefined;
    let number = 0;
    for (let at = 0; at < DIGITS; at++) {
      number = 10 * number + payload[at]! - 0x30;
    }
    if (
      first !== TEXT_FRAME || payload.length !== LENGTH ||
      number !== this.received
    ) {
      this.fault ??= `frame ${first} with number ${number} instead of ${this.received}`;
      return undefined;
    }
    this.#onDelay(performance.now() - this.#times[this.received++ % TIMES]!);
    return undefined;
  }

  async #untilWritten(): Promise<void> {
    while (this.#writing) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
