import { WebSocketViolation } from "../errors.ts";
import { CLOSE, type Closing, parseClosing } from "./close_code.ts";
import {
  FRAME_HEAD_LIMIT,
  type FrameHead,
  frameHeadLength,
  isControl,
  OPCODE,
  parseFrameHead,
} from "./frame_head.ts";
import { applyMaskingKey } from "./masking.ts";
import { Utf8Check } from "./utf8_check.ts";

/** What a decoder finds in the bytes of a connection. */
export type FrameEvent = DataEvent | ControlEvent | CloseEvent;

/** A part of a message: as much of it as arrived together. */
export interface DataEvent {
  readonly kind: "data";
  /** Whether the message is a text. */
  readonly text: boolean;
  /** A view of the bytes that were decoded; empty for an empty frame. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How much of the frame is still to come, in bytes. */
  readonly remaining: number;
  /** Whether the message is complete with these bytes. */
  readonly last: boolean;
}

/** A ping, or a response to one. */
export interface ControlEvent {
  readonly kind: "ping" | "pong";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The last frame that a peer sends. */
export interface CloseEvent {
  readonly kind: "close";
  readonly closing: Closing;
}

/** What a decoder accepts. */
export interface FrameDecoderOptions {
  /** The side that decodes: a client's frames are masked, a server's are not (RFC 6455, section 5.1). */
  readonly role: "client" | "server";
  /** The maximum length of a message, in bytes. */
  readonly messageLimit: number;
}

/**
 * A decoder of WebSocket frames, without extensions: RFC 6455, section 5. It accepts nothing that the RFC forbids, and
 * keeps nothing but the beginning of a frame's head and the payload of a control frame.
 */
export class FrameDecoder {
  readonly #options: FrameDecoderOptions;
  /** A head that has not arrived completely. */
  readonly #partialHead = new Uint8Array(FRAME_HEAD_LIMIT);
  #partialLength = 0;
  /** The frame whose payload is arriving. */
  #frame: FrameHead | undefined;
  /** How many bytes of the payload have arrived. */
  #arrived = 0;
  #control: Uint8Array<ArrayBuffer> | undefined;
  /** The kind of the message that is arriving. */
  #message: "text" | "binary" | undefined;
  #messageLength = 0;
  #utf8: Utf8Check | undefined;
  #closed = false;

  constructor(options: FrameDecoderOptions) {
    this.#options = options;
  }

  /** Whether the last frame has been decoded; what follows is ignored. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Decodes the next bytes. Each event must be handled before the next one is asked for.
   *
   * @param bytes The bytes, which are unmasked in place.
   * @throws {WebSocketViolation} If they are not valid, with the code to close the connection with.
   */
  *decode(bytes: Uint8Array<ArrayBuffer>): Generator<FrameEvent> {
    let at = 0;
    while (!this.#closed) {
      if (this.#frame === undefined) {
        at = this.#readHead(bytes, at);
        if (this.#frame === undefined) return;
      }
      const frame: FrameHead = this.#frame;
      const missing = frame.length - this.#arrived;
      const payload = bytes.subarray(at, at + missing);
      // An empty payload needs no more bytes.
      if (payload.length === 0 && missing > 0) return;
      at += payload.length;
      if (frame.maskingKey !== undefined) applyMaskingKey(payload, frame.maskingKey, this.#arrived);
      this.#arrived += payload.length;
      const complete = payload.length === missing;
      if (complete) this.#frame = undefined;
      const event = isControl(frame.opcode)
        ? this.#controlEvent(frame, payload, complete)
        : this.#dataEvent(frame, payload, complete);
      if (event !== undefined) yield event;
    }
  }

  /** Reads as much of a frame's head as there is. @returns The offset of the first byte after it. */
  #readHead(bytes: Uint8Array<ArrayBuffer>, at: number): number {
    const partial = this.#partialHead;
    if (this.#partialLength === 0 && bytes.length - at >= 2) {
      // Nearly all heads arrive at once.
      const end = at + frameHeadLength(bytes[at + 1]!);
      if (end <= bytes.length) {
        this.#begin(parseFrameHead(bytes.subarray(at, end)));
        return end;
      }
    }
    for (;;) {
      const length = this.#partialLength < 2 ? 2 : frameHeadLength(partial[1]!);
      if (this.#partialLength === length) break;
      const more = bytes.subarray(at, at + length - this.#partialLength);
      if (more.length === 0) return at;
      partial.set(more, this.#partialLength);
      this.#partialLength += more.length;
      at += more.length;
    }
    const head = parseFrameHead(partial.subarray(0, this.#partialLength));
    this.#partialLength = 0;
    this.#begin(head);
    return at;
  }

  /** Checks that a frame may follow what came before it. */
  #begin(head: FrameHead): void {
    const { role, messageLimit } = this.#options;
    if ((head.maskingKey !== undefined) !== (role === "server")) {
      throw violation(role === "server" ? "frame that is not masked" : "masked frame");
    }
    if (!isControl(head.opcode)) {
      const continues = head.opcode === OPCODE.continuation;
      if (continues !== (this.#message !== undefined)) {
        throw violation(continues ? "continuation of no message" : "message within a message");
      }
      if (!continues) {
        this.#message = head.opcode === OPCODE.text ? "text" : "binary";
        this.#messageLength = 0;
        this.#utf8 = head.opcode === OPCODE.text ? new Utf8Check() : undefined;
      }
      this.#messageLength += head.length;
      if (this.#messageLength > messageLimit) {
        throw new WebSocketViolation(CLOSE.tooBig, `message over ${messageLimit} bytes`);
      }
    }
    this.#frame = head;
    this.#arrived = 0;
  }

  #dataEvent(
    { final, length }: FrameHead,
    bytes: Uint8Array<ArrayBuffer>,
    complete: boolean,
  ): DataEvent {
    const last = final && complete;
    const utf8 = this.#utf8;
    if (utf8 !== undefined && (!utf8.push(bytes) || (last && !utf8.complete))) {
      throw new WebSocketViolation(CLOSE.invalidText, "text that is not UTF-8");
    }
    const text = this.#message === "text";
    if (last) this.#message = undefined;
    return { kind: "data", text, bytes, remaining: length - this.#arrived, last };
  }

  #controlEvent(
    { opcode, length }: FrameHead,
    payload: Uint8Array<ArrayBuffer>,
    complete: boolean,
  ): ControlEvent | CloseEvent | undefined {
    const bytes = this.#control ??= new Uint8Array(length);
    bytes.set(payload, this.#arrived - payload.length);
    if (!complete) return undefined;
    this.#control = undefined;
    if (opcode !== OPCODE.close) return { kind: opcode === OPCODE.ping ? "ping" : "pong", bytes };
    this.#closed = true;
    return { kind: "close", closing: parseClosing(bytes) };
  }
}

function violation(message: string): WebSocketViolation {
  return new WebSocketViolation(CLOSE.protocolError, message);
}
