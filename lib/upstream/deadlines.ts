/** How often deadlines are checked, in milliseconds. A client's disconnect is noticed within this time. */
const INTERVAL = 250;

/** The time limit of something that is done for a client, and ends when the client disconnects. */
export class Deadline {
  readonly #ticks: number;
  #ticksLeft: number;
  readonly #isClientGone: () => boolean;
  readonly #abort: () => void;
  /** Why it was aborted, if it was. */
  ended: "timeout" | "disconnected" | undefined;
  /** Its index in {@linkcode Deadlines}, which alone sets it; -1: in none. */
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
  /**
   * An array, not a set: as a V8 set grows and shrinks it leaves a chain of outgrown tables, which keep what they held
   * alive, whole requests included, until the old generation is collected.
   */
  readonly #deadlines: Deadline[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Checks the deadline from now on. */
  add(deadline: Deadline): void {
    deadline.index = this.#deadlines.length;
    this.#deadlines.push(deadline);
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL);
  }

  /** Stops checking the deadline; does nothing where it is not checked. */
  delete(deadline: Deadline): void {
    if (deadline.index < 0) return;
    // The last one fills the gap.
    const last = this.#deadlines.pop()!;
    if (last !== deadline) {
      this.#deadlines[deadline.index] = last;
      last.index = deadline.index;
    }
    deadline.index = -1;
  }

  #tick(): void {
    // A copy: an abort deletes.
    for (const deadline of this.#deadlines.slice()) {
      if (deadline.index >= 0 && deadline.tick()) this.delete(deadline);
    }
    if (this.#deadlines.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
