import { freeMemory } from "../../core/free_memory.ts";
import { WebSocketViolation } from "../errors.ts";
import { CLOSE } from "./close_code.ts";
import type { DataEvent } from "./frame_decoder.ts";
import { isLarge, type MessageBudget } from "./message_budget.ts";

/** The size, in bytes, that the buffer has at first and keeps between messages. */
const KEPT_SIZE = 16 * 1024;

/** By which factor the buffer grows at least. */
const GROWTH_MIN = 9 / 8;

/** A message, complete. */
export interface Message {
  readonly text: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The memory in which the parts of one connection's messages are joined. It grows with what has arrived, not with what is announced. */
export class MessageBuffer {
  readonly #budget: MessageBudget;
  #buffer = new Uint8Array(0);
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

  /** Frees the memory of the message that was returned, which the budget still counts. */
  free(): void {
    this.#length = 0;
    if (this.#buffer.length <= KEPT_SIZE) return;
    freeMemory(this.#buffer);
    this.#buffer = new Uint8Array(0);
  }

  /** Frees the memory of the message that was returned, or of one that never became complete. */
  release(): void {
    this.free();
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }

  /**
   * Grows to as much as is known to be wanted, but to twice the size at most, and by an eighth at least: a message may consist of
   * millions of fragments, and each growth copies it.
   *
   * @param wanted How long the message will become, in bytes, as far as it is known.
   */
  #grow(needed: number, wanted: number): void {
    const { length } = this.#buffer;
    const larger = wanted > GROWTH_MIN * length ? Math.min(wanted, 2 * length) : 2 * length;
    const size = Math.max(needed, KEPT_SIZE, larger);
    const taken = isLarge(size) ? size : 0;
    if (!this.#budget.take(taken - this.#taken)) {
      throw new WebSocketViolation(CLOSE.tryAgainLater, "too many large messages at once");
    }
    this.#taken = taken;
    this.#buffer = new Uint8Array(this.#buffer.buffer.transfer(size));
  }
}
