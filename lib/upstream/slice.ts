import { fairTurn } from "../core/fair_turn.ts";
import { freeMemory } from "../core/free_memory.ts";
import { BadResponse, UpstreamTimeout } from "./errors.ts";
import type { Source } from "./source.ts";

/** Which part of a source's content a slice is. */
export interface SliceOptions {
  /** The offset of its first byte. */
  readonly from: number;
  /** The offset after its last byte. */
  readonly to: number;
  /** How long what is before it may take, in milliseconds. */
  readonly withinMs: number;
}

/** A part of a source's content. What is before it is read and dropped; what follows is not read. */
export class Slice implements Source {
  readonly #source: Source;
  /** The number of bytes to drop before the next one that belongs to it. */
  #before: number;
  #left: number;
  #isLate = false;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(source: Source, { from, to, withinMs }: SliceOptions) {
    this.#source = source;
    this.#before = from;
    this.#left = to - from;
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.cancel();
    }, withinMs);
  }

  get done(): boolean {
    return this.#left === 0;
  }

  /**
   * @throws {BadResponse} If the content ends before the part does.
   * @throws {UpstreamTimeout} If what is before it takes too long.
   */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await this.#next();
    } catch (error) {
      this.cancel();
      throw this.#isLate ? late() : error;
    }
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#left = 0;
    this.#source.cancel();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#left > 0) {
      const bytes = await this.#source.next();
      if (bytes === undefined) {
        if (this.#source.done) throw new BadResponse("content that ends before its part");
        continue;
      }
      const from = Math.min(this.#before, bytes.length);
      const to = Math.min(from + this.#left, bytes.length);
      this.#before -= from;
      this.#left -= to - from;
      if (this.#left === 0 && !this.#source.done) this.#source.cancel();
      if (from < to) clearTimeout(this.#timer);
      if (to - from === bytes.length) return bytes;
      const taken = from < to ? bytes.slice(from, to) : undefined;
      freeMemory(bytes);
      if (taken !== undefined) return taken;
      const turn = fairTurn(performance.now());
      if (turn !== undefined) await turn;
    }
    if (this.#isLate) throw late();
    return undefined;
  }
}

function late(): UpstreamTimeout {
  return new UpstreamTimeout("What is before the part took too long");
}
