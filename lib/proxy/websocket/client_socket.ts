import {
  CLOSE,
  type Closing,
  closingPayload,
  isSendableCode,
  parseClosing,
} from "../../upstream/websocket/close_code.ts";
import { isLarge, type MessageBudget } from "../../upstream/websocket/message_budget.ts";
import type { Message } from "../../upstream/websocket/message_buffer.ts";
import { MESSAGE_LIMIT, type WebSocketOptions } from "../../upstream/websocket/websocket_connection.ts";
import { controlOf, type SocketControl } from "./runtime_socket.ts";
import type { WebSocketHolder } from "../unseen_input.ts";

/** How much of a client's messages may wait for the upstream before no more is read, in bytes. */
const PAUSE_AT = 128 * 1024;

/** How many messages may wait: each costs more than its bytes. */
const PAUSE_AT_COUNT = 512;

/** How much the client may leave untaken, in bytes, before no more is sent to it. */
const SEND_LIMIT = 512 * 1024;

/** How many messages may be sent before all of them must have been taken: each costs more than its bytes. */
const SEND_COUNT = 256;

/** How many empty messages may be sent: nothing tells whether they were taken, unless a longer one follows them. */
const EMPTY_COUNT = 8 * 1024;

/** How far apart empty messages are sent above that number, in milliseconds. */
const EMPTY_PAUSE = 100;

/** In how many turns what a client has taken is looked at before there are pauses: one that reads fast has taken it by then. */
const LOOK_TURNS = 4;

/** How long to wait before the next look at what a client has taken, in milliseconds: doubled up to the second value. */
const LOOK_AGAIN: readonly [number, number] = [1, 64];

const NO_MEMORY: Closing = { code: CLOSE.tryAgainLater, reason: "too many large messages at once" };

/** After which time half of what has arrived does not count as recent any more, in milliseconds. */
const HALF_LIFE = 5_000;

/** How long the runtime may take to establish a connection, in milliseconds. */
const OPEN_WAIT = 3_000;

/**
 * How long the client may take no message to its end of what it is still to get before the close frame (the runtime does not
 * tell how much of one it has taken), and how long to answer that, in milliseconds. The kernel holds megabytes for it: with a
 * slow line it takes seconds until there is room for more.
 */
const CLOSE_WAIT = 10_000;

/** How long a client may take for both that is cut. */
const CUT_WAIT = 2_000;

/** The client's side of a WebSocket, over one of the runtime, which answers pings, and sends them to a silent client. */
export class ClientSocket implements WebSocketHolder {
  readonly #socket: WebSocket;
  readonly #budget: MessageBudget;
  readonly #control: SocketControl;
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
  /** Whether what the client sends is dropped. */
  #refusing = false;
  /** Whether nothing more is sent but a close frame. */
  #isClosing = false;
  /** Resolves once the connection is established, or has failed. */
  readonly opened: Promise<void>;
  /** When the last message was complete, on the clock of `performance.now()`. */
  lastMessage = -Infinity;
  /** How much had arrived of late when the last message did, in bytes. */
  #received = 0;
  /** How the connection was closed; undefined while it is open, and if it was lost. */
  closing: Closing | undefined;
  /** How much of the budget the waiting messages take, and those that were returned last, in bytes. */
  #taken = 0;
  #takenByReturned = 0;

  constructor(socket: WebSocket, { pingMs, budget }: WebSocketOptions) {
    this.#socket = socket;
    this.#budget = budget;
    this.#control = controlOf(socket, pingMs);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => this.#onMessage(event.data));
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      if (wasClean && !this.#hasEnded) {
        this.closing ??= isSendableCode(code) ? { code, reason } : { code: CLOSE.none, reason: "" };
      }
      this.#end();
    });
    socket.addEventListener("error", (event) => {
      // Otherwise the runtime reports it as uncaught.
      event.preventDefault();
      this.#end();
    });
    // A client that leaves at this moment gets neither an event for it nor an error.
    const timer = setTimeout(() => this.kill(), OPEN_WAIT);
    this.opened = new Promise((resolve) => {
      socket.addEventListener("open", () => {
        clearTimeout(timer);
        if (this.#hasEnded) this.#control.kill();
        resolve();
      });
      this.#ended.promise.then(() => {
        clearTimeout(timer);
        resolve();
      });
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

  /**
   * Returns the messages that have arrived, at least one, or undefined at the end. Those of the last call must not be used
   * any more. Only one call may be pending.
   */
  async receive(): Promise<readonly Message[] | undefined> {
    this.#budget.give(this.#takenByReturned);
    this.#takenByReturned = 0;
    while (this.#queue.length === 0) {
      if (this.#hasEnded) return undefined;
      this.#control.resume();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const messages = this.#queue;
    // As many more would be held beside them; so reading goes on once these have been passed on.
    if (this.#queuedBytes < PAUSE_AT) this.#control.resume();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#takenByReturned = this.#taken;
    this.#taken = 0;
    return messages;
  }

  /** Whether a message can be sent now: the socket drops what is sent while its reading is being stopped, for a moment. */
  get canSend(): boolean {
    return !this.#control.isStopping;
  }

  /** Resolves after that moment. */
  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Sends a message, if {@linkcode canSend}.
   *
   * @returns What resolves once the client has taken enough for the next one; undefined if it may follow at once.
   */
  send({ text, bytes }: Message): Promise<void> | undefined {
    const socket = this.#socket;
    if (this.#isClosing || socket.readyState !== WebSocket.OPEN) return undefined;
    if (socket.bufferedAmount === 0 && this.#sentCount > 0) this.#sentCount = this.#emptyCount = 0;
    // A sequence that is not UTF-8 any more, after masking, is replaced.
    socket.send(text ? decoder.decode(bytes) : bytes);
    if (bytes.length === 0) {
      // Only a longer message after it shows that it was taken.
      this.#sentCount = 0;
      return ++this.#emptyCount > EMPTY_COUNT ? sleep(EMPTY_PAUSE) : undefined;
    }
    this.#sentCount++;
    if (this.#sentCount >= SEND_COUNT) return this.#untilTaken(0);
    return socket.bufferedAmount > SEND_LIMIT ? this.#untilTaken(SEND_LIMIT / 2) : undefined;
  }

  /** Sends a close frame once the client has taken what was sent before, and resolves once it has answered, or not in time. */
  async close(closing: Closing): Promise<void> {
    this.#isClosing = true;
    // What is unsent can't be seen in that moment.
    while (!this.canSend) await this.pause();
    await this.#untilTaken(0, CLOSE_WAIT);
    await this.#sendClosing(closing, CLOSE_WAIT);
  }

  /** Sends a close frame, and resolves once the client has answered, or after a short time, whatever it has taken. */
  async cut(closing: Closing): Promise<void> {
    this.#isClosing = true;
    await this.#sendClosing(closing, CUT_WAIT);
  }

  async #sendClosing(closing: Closing, waitMs: number): Promise<void> {
    while (!this.canSend) await this.pause();
    if (this.#socket.readyState === WebSocket.OPEN) {
      if (closing.code === CLOSE.none) this.#socket.close();
      // The runtime refuses a reason that is too long.
      else this.#socket.close(closing.code, parseClosing(closingPayload(closing)).reason);
      this.#control.closing();
      this.#refusing = true;
    }
    // A paused connection would not see the answer.
    this.#control.resume();
    const timer = setTimeout(() => this.kill(), waitMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** What the client has not taken yet, in bytes. */
  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /** How much has arrived of late in messages, in bytes. */
  get received(): number {
    return this.#receivedBy(performance.now());
  }

  /** Ends the connection at once. */
  kill(): void {
    this.#control.kill();
    this.#end();
  }

  #receivedBy(now: number): number {
    return this.#received * 2 ** ((this.lastMessage - now) / HALF_LIFE);
  }

  #onMessage(data: string | ArrayBuffer): void {
    const now = performance.now();
    const before = this.#receivedBy(now);
    this.lastMessage = now;
    const text = typeof data === "string";
    const bytes = text ? encoder.encode(data) : new Uint8Array(data);
    this.#received = before + bytes.length;
    if (this.#hasEnded || this.#refusing) return;
    if (bytes.length > MESSAGE_LIMIT) {
      return this.#refuse({ code: CLOSE.tooBig, reason: `message over ${MESSAGE_LIMIT} bytes` });
    }
    if (isLarge(bytes.length)) {
      if (!this.#budget.take(bytes.length)) return this.#refuse(NO_MEMORY);
      this.#taken += bytes.length;
    }
    this.#queue.push({ text, bytes });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= PAUSE_AT || this.#queue.length >= PAUSE_AT_COUNT) this.#control.pause();
    this.#wake?.();
  }

  /** Closes the connection because of what the client sends. */
  #refuse(closing: Closing): void {
    this.#refusing = true;
    this.closing = closing;
    this.close(closing);
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#control.resume();
    this.#control.ended();
    this.#ended.resolve();
    this.#wake?.();
  }

  /**
   * Waits until the client has taken all but this many bytes, or nothing for some time. The runtime has no event for it.
   *
   * @param patienceMs That time, in milliseconds.
   */
  async #untilTaken(rest: number, patienceMs = Infinity): Promise<void> {
    for (let turn = 0; turn < LOOK_TURNS && this.unsent > rest; turn++) await this.pause();
    let [wait, longest] = LOOK_AGAIN;
    let unsent = this.unsent;
    for (let since = performance.now(); !this.#hasEnded && unsent > rest;) {
      await sleep(wait);
      wait = Math.min(2 * wait, longest);
      const left = this.unsent;
      if (left !== unsent) since = performance.now();
      else if (performance.now() - since >= patienceMs) return;
      unsent = left;
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const encoder = new TextEncoder();
/** A byte order mark is a part of the text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
