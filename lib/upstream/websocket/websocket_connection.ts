import { freeLarge } from "../../core/free_memory.ts";
import type { Connection } from "../connection.ts";
import { CLOSE, type Closing, closingPayload } from "./close_code.ts";
import { FrameDecoder, type FrameEvent } from "./frame_decoder.ts";
import { encodedLimit, encodeFrame, type OutgoingFrame, randomMaskingKeys } from "./frame_encoder.ts";
import { FRAME_HEAD_LIMIT, OPCODE, writeFrameHead } from "./frame_head.ts";
import { applyMaskingKey } from "./masking.ts";
import { type Message, MessageBuffer } from "./message_buffer.ts";
import type { MessageBudget } from "./message_budget.ts";
import { UpstreamTimeout, WebSocketViolation } from "../errors.ts";

/** The maximum length of a message, in bytes; the runtime has the same limit for those of clients. */
export const MESSAGE_LIMIT = 64 * 1024 * 1024;

/** Frames are written together up to this length, in bytes; a longer payload is not copied. */
const BATCH_LIMIT = 64 * 1024;

/** Batches of at least this size, in bytes, are freed at once. */
const LARGE_BATCH = 4 * 1024;

/** How long the upstream may be silent after a close frame, and take to end the connection afterwards, in milliseconds. */
const CLOSE_WAIT = 2_000;

/** After how many events others get a turn. */
const EVENTS_PER_TURN = 256;

/** How many pongs may wait to be written. */
const PONG_LIMIT = 64;

/** How a connection is kept. */
export interface WebSocketOptions {
  /** After how much silence a ping is sent, in milliseconds. Without an answer in the same time the peer is lost. */
  readonly pingMs: number;
  readonly budget: MessageBudget;
}

/** What arrives: a message, valid until the next call; how the peer closes; or undefined if it was lost. */
export type Received = { readonly message: Message } | { readonly closing: Closing } | undefined;

/**
 * The client's side of a WebSocket, over a connection on which the upstream has agreed to speak it: RFC 6455. Pings are
 * answered here.
 */
export class WebSocketConnection {
  readonly #connection: Connection;
  readonly #decoder = new FrameDecoder({ role: "client", messageLimit: MESSAGE_LIMIT });
  readonly #nextKey = randomMaskingKeys();
  readonly #buffer: MessageBuffer;
  readonly #pingTimer: ReturnType<typeof setInterval>;
  /** The events of the bytes in the connection's buffer. */
  #events: Generator<FrameEvent> | undefined;
  /** Resolves when all that was sent has been written. Writes are in order. */
  #written: Promise<void> = Promise.resolve();
  /** How many writes have not ended. */
  #pendingWrites = 0;
  readonly #onWriteEnded = (): void => {
    this.#pendingWrites--;
  };
  readonly #onWritten = (): void => {
    this.#heard = true;
  };
  /** The payloads of the pongs that wait to be written. */
  #pongs: Uint8Array<ArrayBuffer>[] = [];
  #isReading = false;
  /** How often something has arrived. */
  #reads = 0;
  #eventCount = 0;
  /** Whether the peer has shown life since the last tick. */
  #heard = true;
  #pinged = false;
  #closeSent = false;
  #closed = false;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  #silent = false;

  constructor(connection: Connection, { pingMs, budget }: WebSocketOptions) {
    this.#connection = connection;
    this.#buffer = new MessageBuffer(budget);
    this.#pingTimer = setInterval(() => this.#tick(), pingMs);
  }

  /**
   * Returns what arrives next. Only one call may be pending.
   *
   * @throws {WebSocketViolation} If the upstream breaks the protocol, and the runtime's errors if the connection breaks.
   */
  async receive(): Promise<Received> {
    this.#buffer.release();
    for (;;) {
      const next = this.#events?.next();
      if (next === undefined || next.done) {
        if (!await this.#read()) return undefined;
        continue;
      }
      // While an upstream's bytes are at hand, nothing here leaves the microtasks: nobody else would be served.
      if (++this.#eventCount % EVENTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      const event = next.value;
      switch (event.kind) {
        case "data": {
          const message = this.#buffer.add(event);
          if (message !== undefined) return { message };
          break;
        }
        case "ping":
          this.#sendPong(event.bytes);
          break;
        case "close":
          return { closing: event.closing };
      }
    }
  }

  /** Frees the memory of the message that was returned last, once it has been copied. The budget counts it until the next. */
  freeMessage(): void {
    this.#buffer.free();
  }

  /** Reads and begins to decode. @returns Whether anything arrived. */
  async #read(): Promise<boolean> {
    const connection = this.#connection;
    // What followed the head of the 101 comes first.
    if (this.#events !== undefined || connection.buffered.length === 0) {
      connection.discard(connection.buffered.length);
      this.#isReading = true;
      try {
        if (await connection.fill() === 0) return false;
      } catch (error) {
        throw this.#silent
          ? new UpstreamTimeout("The upstream did not answer a ping", { cause: error })
          : error;
      } finally {
        this.#isReading = false;
      }
      this.#heard = true;
      this.#reads++;
    }
    this.#events = this.#decoder.decode(connection.buffered);
    return true;
  }

  /**
   * Sends messages, unless a close frame has been sent. Resolves once they are written: a slow upstream holds up the
   * caller.
   */
  async send(messages: readonly Message[]): Promise<void> {
    if (this.#closeSent) return;
    const frames = messages.map(({ text, bytes }): OutgoingFrame => ({
      opcode: text ? OPCODE.text : OPCODE.binary,
      payload: bytes,
    }));
    await this.#enqueue(() => frames.length === 1 ? this.#writeFrame(frames[0]!) : this.#writeFrames(frames));
  }

  /**
   * Sends a close frame, after what was sent before. What follows it is not sent.
   *
   * @param patienceMs How long what the peer has sent by then may still be read, in milliseconds; by default as long as it may
   * be silent.
   */
  async close(closing: Closing, patienceMs: number = CLOSE_WAIT): Promise<void> {
    if (this.#closeSent || this.#closed) return;
    this.#closeSent = true;
    this.#limitClosing(patienceMs);
    await this.#enqueue(() =>
      this.#writeFrames([{ opcode: OPCODE.close, payload: closingPayload(closing) }])
    );
  }

  /** Closes the connection when the peer, which may neither read nor answer, has been silent, or after some time. */
  #limitClosing(patienceMs: number): void {
    const step = Math.min(CLOSE_WAIT, patienceMs);
    let left = patienceMs;
    let reads = this.#reads;
    this.#closeTimer = setInterval(() => {
      left -= step;
      // While nothing is read, a slow client holds it up.
      const isSilent = this.#isReading && this.#reads === reads;
      reads = this.#reads;
      if (isSilent || left <= 0) this.destroy();
    }, step);
  }

  /** Ends the connection once the upstream does, or after a short time: section 7.1.1. */
  async end(): Promise<void> {
    clearInterval(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.destroy(), CLOSE_WAIT);
    const connection = this.#connection;
    try {
      do connection.discard(connection.buffered.length); while (!this.#closed && await connection.fill() > 0);
    } catch {
      // It has ended.
    }
    this.destroy();
  }

  /** Closes the connection at once, unless it is closed. */
  destroy(): void {
    this.#closed = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#closeTimer);
    this.#buffer.release();
    this.#connection.close();
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    const done = this.#pendingWrites++ === 0 ? write() : this.#written.then(write);
    // Whoever waits for it gets the error.
    this.#written = done.then(this.#onWriteEnded, this.#onWriteEnded);
    return done;
  }

  #sendPong(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#closeSent) return;
    // When many wait, only the last ping needs an answer: section 5.5.3.
    if (this.#pongs.length === PONG_LIMIT) this.#pongs.length = 1;
    if (this.#pongs.push(payload) > 1) return;
    this.#enqueue(() => {
      const frames = this.#pongs.map((pong): OutgoingFrame => ({ opcode: OPCODE.pong, payload: pong }));
      this.#pongs = [];
      return this.#writeFrames(frames);
    }).catch(() => {});
  }

  /** Writes one frame, a short one without more memory. */
  #writeFrame(frame: OutgoingFrame): Promise<void> {
    const { scratch } = this.#connection;
    if (encodedLimit(frame) > scratch.length) return this.#writeFrames([frame]);
    return this.#write(scratch.subarray(0, encodeFrame(frame, scratch, this.#nextKey())));
  }

  /** Writes frames, the small ones together. */
  async #writeFrames(frames: readonly OutgoingFrame[]): Promise<void> {
    for (let at = 0; at < frames.length;) {
      let length = 0;
      let end = at;
      while (end < frames.length && length + encodedLimit(frames[end]!) <= BATCH_LIMIT) {
        length += encodedLimit(frames[end++]!);
      }
      if (end === at) {
        await this.#writeLargeFrame(frames[at++]!);
        continue;
      }
      const batch = new Uint8Array(length);
      let written = 0;
      for (; at < end; at++) written += encodeFrame(frames[at]!, batch.subarray(written), this.#nextKey());
      await this.#write(batch.subarray(0, written));
      freeLarge(batch, LARGE_BATCH);
    }
  }

  /** Writes a frame without a copy of its payload, which is masked in place. */
  async #writeLargeFrame({ opcode, payload }: OutgoingFrame): Promise<void> {
    const maskingKey = this.#nextKey();
    const head = new Uint8Array(FRAME_HEAD_LIMIT);
    const length = writeFrameHead({ opcode, final: true, length: payload.length, maskingKey }, head);
    applyMaskingKey(payload, maskingKey);
    await this.#write(head.subarray(0, length));
    for (let at = 0; at < payload.length; at += BATCH_LIMIT) {
      await this.#write(payload.subarray(at, at + BATCH_LIMIT));
    }
  }

  #write(bytes: Uint8Array): Promise<void> {
    return this.#connection.write(bytes).then(this.#onWritten);
  }

  /** Looks for life, once per ping interval. While nothing is read, a peer can't show any. */
  #tick(): void {
    if (this.#heard || !this.#isReading) {
      this.#heard = false;
      this.#pinged = false;
      return;
    }
    if (this.#pinged) {
      this.#silent = true;
      this.destroy();
      return;
    }
    this.#pinged = true;
    this.#enqueue(() => this.#connection.write(this.#pingFrame())).catch(() => {});
  }

  /** Returns a ping. To have written it is no sign of life. */
  #pingFrame(): Uint8Array {
    const frame = new Uint8Array(FRAME_HEAD_LIMIT);
    const payload = new Uint8Array(0);
    return frame.subarray(0, encodeFrame({ opcode: OPCODE.ping, payload }, frame, this.#nextKey()));
  }
}

/** Returns how to close a connection after an error. */
export function closingAfter(error: unknown): Closing {
  if (error instanceof WebSocketViolation) return { code: error.code, reason: error.message };
  return { code: CLOSE.internalError, reason: "" };
}
