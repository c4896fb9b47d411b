import { Refusal } from "../http/refusal.ts";

/**
 * The memory that all streams together may take for what they decode and hold. What needs more is refused, so that no number of
 * clients and upstreams can fill the process's memory.
 */
export class BufferBudget {
  readonly #limit: number;
  #used = 0;
  #reserved = 0;
  readonly #streams: () => number;

  /**
   * @param limit In bytes.
   * @param streams Returns how many streams there may be now.
   */
  constructor(limit: number, streams: () => number = () => 1) {
    this.#limit = limit;
    this.#streams = streams;
  }

  /** The number of bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** The number of those bytes that are reserved: memory that the runtime takes outside of any buffer. */
  get reserved(): number {
    return this.#reserved;
  }

  /** Returns a reservation of nothing. */
  reserve(): Reservation {
    return new Reservation(this);
  }

  /** @throws {Refusal} `overloaded` if there is no room. */
  take(bytes: number): void {
    if (this.#used + bytes > this.#limit) {
      throw new Refusal("overloaded", "", { cause: new Error("no room in CRED_PROXY_BUFFER_MB") });
    }
    this.#used += bytes;
  }

  free(bytes: number): void {
    this.#used -= bytes;
  }

  /** Takes for a reservation. @throws {Refusal} `overloaded` if there is no room. */
  takeReserved(bytes: number): void {
    this.take(bytes);
    this.#reserved += bytes;
  }

  /** Gives back what a reservation took. */
  freeReserved(bytes: number): void {
    this.free(bytes);
    this.#reserved -= bytes;
  }

  /** Returns how much each stream may hold, in bytes: its part of half of what is left, within limits. */
  share({ min, max }: { readonly min: number; readonly max: number }): number {
    const part = (this.#limit - this.#used) / 2 / Math.max(1, this.#streams());
    return Math.max(min, Math.min(max, Math.floor(part)));
  }
}

/** What one stream has taken of a budget. */
export class Reservation {
  readonly #budget: BufferBudget;
  #taken = 0;
  #freed = false;

  constructor(budget: BufferBudget) {
    this.#budget = budget;
  }

  /** Takes more. @throws {Refusal} `overloaded` if there is no room. */
  grow(bytes: number): void {
    if (this.#freed || bytes === 0) return;
    this.#budget.takeReserved(bytes);
    this.#taken += bytes;
  }

  /** Gives back everything, and takes nothing any more. */
  free(): void {
    this.#freed = true;
    this.#budget.freeReserved(this.#taken);
    this.#taken = 0;
  }
}
