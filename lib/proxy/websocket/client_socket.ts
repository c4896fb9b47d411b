import {
  CLOSE,
  type Closing,
  closingPayload,
  isSendableCode,
  parseClosing,
} from "../../upstream/websocket/close_code.ts";
import type { Message } from "../../upstream/websocket/message_buffer.ts";
import { type Reading, readingOf } from "./reading.ts";

/** How much of a client's messages may wait for the upstream before no more is read, in bytes. */
const PAUSE_AT = 256 * 1024;

/** How many messages may wait: each costs more than its bytes. */
const PAUSE_AT_COUNT = 1024;

/** How much may wait where the runtime can't be kept from reading; then the connection is closed. In bytes. */
const QUEUE_LIMIT = 128 * 1024 * 1024;

/** How much the client may leave untaken, in bytes, before no more is sent to it. */
const SEND_LIMIT = 512 * 1024;

/** How many messages may be sent before all of them must have been taken: each costs more than its bytes. */
const SEND_COUNT = 1024;

/** How many empty messages may be sent: nothing tells whether they were taken, unless a longer one follows them. */
const EMPTY_COUNT = 8 * 1024;

/** How far apart empty messages are sent above that number, in milliseconds. */
const EMPTY_PAUSE = 100;

/** How long to wait before the next look at what a client has taken, in milliseconds: doubled up to the second value. */
const LOOK_AGAIN: readonly [number, number] = [1, 64];

/** How long the client may take to end the connection after the closing handshake, in milliseconds. */
const CLOSE_WAIT = 2_000;

/** The client's side of a WebSocket, over one of the runtime, which answers pings, and sends them to a silent client. */
export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #reading: Reading | undefined;
  #queue: Message[] = [];
  #queuedBytes = 0;
  /** Wakes {@linkcode receive}. */
  #wake: (() => void) | undefined;
  /** How many messages that are not empty were sent since all were last known to be taken, or since an empty one. */
  #sentCount = 0;
  /** How many empty messages may not have been taken. */
  #emptyCount = 0;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;
  /** Resolves once the connection is established, or has failed. */
  readonly opened: Promise<void>;
  /** How the client closed the connection; undefined while it is open, and if it was lost. */
  closing: Closing | undefined;
  /** Whether the client sent more than could wait. */
  flooded = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#reading = readingOf(socket);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => this.#onMessage(event.data));
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      if (wasClean) this.closing = isSendableCode(code) ? { code, reason } : { code: CLOSE.none, reason: "" };
      this.#end();
    });
    socket.addEventListener("error", (event) => {
      // Otherwise the runtime reports it as uncaught.
      event.preventDefault();
      this.#end();
    });
    this.opened = new Promise((resolve) => {
      socket.addEventListener("open", () => resolve());
      this.#ended.promise.then(resolve);
    });
  }

  /** Resolves once the connection has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether the connection has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Returns the messages that have arrived, at least one, or undefined at the end. Only one call may be pending. */
  async receive(): Promise<readonly Message[] | undefined> {
    while (this.#queue.length === 0) {
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const messages = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#reading?.resume();
    return messages;
  }

  /** Sends a message. Resolves once the client has taken enough for the next one. */
  async send({ text, bytes }: Message): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount === 0 && this.#sentCount > 0) this.#sentCount = this.#emptyCount = 0;
    // A sequence that is not UTF-8 any more, after masking, is replaced.
    socket.send(text ? decoder.decode(bytes) : bytes);
    if (bytes.length === 0) {
      // Only a longer message after it shows that it was taken.
      this.#sentCount = 0;
      if (++this.#emptyCount > EMPTY_COUNT) await sleep(EMPTY_PAUSE);
      return;
    }
    this.#sentCount++;
    if (this.#sentCount >= SEND_COUNT) await this.#untilTaken(0);
    else if (socket.bufferedAmount > SEND_LIMIT) await this.#untilTaken(SEND_LIMIT / 2);
  }

  /** Sends a close frame, and resolves once the client has answered it, or after a short time. */
  async close(closing: Closing): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) {
      if (closing.code === CLOSE.none) this.#socket.close();
      // The runtime refuses a reason that is too long.
      else this.#socket.close(closing.code, parseClosing(closingPayload(closing)).reason);
    }
    // A paused connection would not see the answer.
    this.#reading?.resume();
    const timer = setTimeout(() => this.#end(), CLOSE_WAIT);
    await this.ended;
    clearTimeout(timer);
  }

  #onMessage(data: string | ArrayBuffer): void {
    const text = typeof data === "string";
    const bytes = text ? encoder.encode(data) : new Uint8Array(data);
    if (this.#hasEnded) return;
    this.#queue.push({ text, bytes });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= PAUSE_AT || this.#queue.length >= PAUSE_AT_COUNT) this.#pause();
    this.#wake?.();
  }

  #pause(): void {
    if (this.#reading !== undefined) return this.#reading.pause();
    if (this.#queuedBytes < QUEUE_LIMIT) return;
    this.flooded = true;
    this.#queue = [];
    this.#end();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#reading?.resume();
    this.#ended.resolve();
    this.#wake?.();
  }

  /** Waits until the client has taken all but this many bytes. The runtime has no event for it. */
  async #untilTaken(rest: number): Promise<void> {
    let [wait, longest] = LOOK_AGAIN;
    do {
      await sleep(wait);
      wait = Math.min(2 * wait, longest);
    } while (!this.#hasEnded && this.#socket.bufferedAmount > rest);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const encoder = new TextEncoder();
/** A byte order mark is a part of the text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
