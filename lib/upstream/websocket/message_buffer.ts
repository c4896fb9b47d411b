import { WebSocketViolation } from "../errors.ts";
import { CLOSE } from "./close_code.ts";
import type { DataEvent } from "./frame_decoder.ts";
import type { MessageBudget } from "./message_budget.ts";

/** A message up to this length, in bytes, is not counted against the budget. */
export const SMALL_MESSAGE = 256 * 1024;

/** The first size of the buffer, in bytes. */
const FIRST_SIZE = 16 * 1024;

/** A message, complete. */
export interface Message {
  readonly text: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The memory in which the parts of one connection's messages are joined. It grows with what has arrived, not with what is announced. */
export class MessageBuffer {
  readonly #budget: MessageBudget;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  /** How much of the budget is taken, in bytes. */
  #taken = 0;

  constructor(budget: MessageBudget) {
    this.#budget = budget;
  }

  /**
   * Adds a part.
   *
   * @returns The message if it is complete, valid until {@linkcode release}.
   * @throws {WebSocketViolation} If there is no memory left for it.
   */
  add({ text, bytes, remaining, last }: DataEvent): Message | undefined {
    // Nearly all messages arrive at once.
    if (last && this.#length === 0) return { text, bytes };
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) this.#grow(needed, needed + remaining);
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
    return last ? { text, bytes: this.#buffer.subarray(0, needed) } : undefined;
  }

  /** Frees the memory of the message that was returned, or of one that never became complete. */
  release(): void {
    if (this.#buffer.length === 0) return;
    this.#length = 0;
    this.#buffer = new Uint8Array(0);
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }

  /** @param wanted How long the message will become, as far as it is known. */
  #grow(needed: number, wanted: number): void {
    const size = Math.max(needed, Math.min(wanted, Math.max(2 * this.#buffer.length, FIRST_SIZE)));
    const taken = size > SMALL_MESSAGE ? size : 0;
    if (!this.#budget.take(taken - this.#taken)) {
      throw new WebSocketViolation(CLOSE.tryAgainLater, "too many large messages at once");
    }
    this.#taken = taken;
    const larger = new Uint8Array(size);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
