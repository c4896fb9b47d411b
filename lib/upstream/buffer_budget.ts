import { Refusal } from "../http/refusal.ts";
import { Turn } from "./turn.ts";

/** How long a stream waits at most until others have given back what it needs, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * The memory that all streams together may take for what they decode and hold. What needs more is refused, so that no number of
 * clients and upstreams can fill the process's memory.
 */
export class BufferBudget {
  readonly #limit: number;
  #used = 0;
  #reserved = 0;
  readonly #streams: () => number;
  readonly #patienceMs: number;
  /** Those that wait for room, in the order in which they came. */
  readonly #waiting = new Map<Turn, number>();

  /**
   * @param limit In bytes.
   * @param streams Returns how many streams there may be now.
   * @param patienceMs How long a stream waits for room at most, in milliseconds.
   */
  constructor(
    limit: number,
    streams: () => number = () => 1,
    patienceMs = PATIENCE_MS,
  ) {
    this.#limit = limit;
    this.#streams = streams;
    this.#patienceMs = patienceMs;
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
    if (this.#used + bytes > this.#limit) throw noRoom();
    this.#used += bytes;
  }

  free(bytes: number): void {
    this.#used -= bytes;
    this.#admit();
  }

  /** Takes for a reservation. @throws {Refusal} `overloaded` if there is no room. */
  takeReserved(bytes: number): void {
    this.take(bytes);
    this.#reserved += bytes;
  }

  /**
   * Takes for a reservation as soon as there is room. Some wait only because many streams began at once, and each of those
   * that end makes room, for the first of those that fit into it: one that needs much does not hold up others.
   *
   * @returns Undefined if there is room now.
   * @throws {Refusal} `overloaded` if there would be no room even if nothing else were in use.
   */
  takeInTurn(bytes: number): Turn | undefined {
    if (bytes > this.#limit) throw noRoom();
    if (this.#used + bytes <= this.#limit) {
      this.takeReserved(bytes);
      return undefined;
    }
    const turn = new Turn(this.#patienceMs, noRoom, () => this.#waiting.delete(turn));
    this.#waiting.set(turn, bytes);
    return turn;
  }

  /** Takes for those for which there is room, those first that have waited longest. */
  #admit(): void {
    for (const [turn, bytes] of this.#waiting) {
      if (this.#used + bytes > this.#limit) continue;
      this.#waiting.delete(turn);
      this.takeReserved(bytes);
      turn.come();
    }
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
  #isGivenUp = false;
  #turn: Turn | undefined;

  constructor(budget: BufferBudget) {
    this.#budget = budget;
  }

  /** Takes more. @throws {Refusal} `overloaded` if there is no room. */
  grow(bytes: number): void {
    if (this.#freed || bytes === 0) return;
    this.#budget.takeReserved(bytes);
    this.#taken += bytes;
  }

  /**
   * Takes the first bytes, waiting for room if it must. More is taken at once or refused: who holds something must not wait for
   * others that hold something and wait as well.
   *
   * @throws {Refusal} `overloaded` if there is no room in time.
   * @throws {Error} If the wait is given up.
   */
  async growInTurn(bytes: number): Promise<void> {
    if (this.#freed || this.#taken > 0) return this.grow(bytes);
    if (this.#isGivenUp) throw new Error("The wait was given up");
    this.#turn = this.#budget.takeInTurn(bytes);
    try {
      await this.#turn?.promise;
    } finally {
      this.#turn = undefined;
    }
    if (this.#freed) this.#budget.freeReserved(bytes);
    else this.#taken += bytes;
  }

  /** The wait for room, while there is one: rejects if it is in vain. */
  get turn(): Promise<void> | undefined {
    return this.#turn?.promise;
  }

  /** Ends the wait for room, and any that would begin. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#turn?.giveUp();
  }

  /** Gives back everything, and takes nothing any more. */
  free(): void {
    this.#freed = true;
    this.giveUp();
    this.#budget.freeReserved(this.#taken);
    this.#taken = 0;
  }
}

function noRoom(): Refusal {
  return new Refusal("overloaded", "Too much content at once", {
    cause: new Error("no room in CRED_PROXY_BUFFER_MB"),
    advice: ": the memory for content (CRED_PROXY_BUFFER_MB) is used up",
  });
}
