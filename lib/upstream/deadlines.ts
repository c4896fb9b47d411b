import { type Member, UnorderedSet } from "../core/unordered_set.ts";

/** How often deadlines are checked, in milliseconds. A client's disconnect is noticed within this time. */
const INTERVAL = 250;

/** The time limit of something that is done for a client, and ends when the client disconnects. */
export class Deadline implements Member {
  readonly #ticks: number;
  #ticksLeft: number;
  readonly #isClientGone: () => boolean;
  readonly #abort: () => void;
  /** Why it was aborted, if it was. */
  ended: "timeout" | "disconnected" | undefined;
  index = -1;

  /**
   * @param timeout How long it may last, in milliseconds, rounded up to the next check.
   * @param isClientGone Whether the client has disconnected.
   * @param abort Called once, when it has to end.
   */
  constructor(timeout: number, isClientGone: () => boolean, abort: () => void) {
    this.#ticks = this.#ticksLeft = Math.ceil(timeout / INTERVAL) + 1;
    this.#isClientGone = isClientGone;
    this.#abort = abort;
  }

  /** Starts the time again, after progress. */
  refresh(): void {
    this.#ticksLeft = this.#ticks;
  }

  /** Checks it. @returns Whether it was aborted. */
  tick(): boolean {
    this.#ticksLeft--;
    this.ended = this.#isClientGone() ? "disconnected" : this.#ticksLeft === 0 ? "timeout" : undefined;
    if (this.ended === undefined) return false;
    this.#abort();
    return true;
  }
}

/**
 * The deadlines of all connection attempts and response heads, checked by one timer.
 *
 * Most are met within one interval: a timer, an abort listener or even a reading of the clock for each of them would
 * cost more than the check.
 */
export class Deadlines {
  readonly #deadlines = new UnorderedSet<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Checks the deadline from now on. */
  add(deadline: Deadline): void {
    this.#deadlines.add(deadline);
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL);
  }

  /** Stops checking the deadline; does nothing where it is not checked. */
  delete(deadline: Deadline): void {
    this.#deadlines.delete(deadline);
  }

  #tick(): void {
    for (const deadline of this.#deadlines) {
      // An abort deletes others.
      if (deadline.index >= 0 && deadline.tick()) this.delete(deadline);
    }
    if (this.#deadlines.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
