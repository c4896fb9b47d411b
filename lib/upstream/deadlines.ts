/** How often waits are looked at, in milliseconds. A client that has left is noticed within this time. */
const INTERVAL = 250;

/** Something that is being waited for on behalf of a client. */
export class Deadline {
  readonly #patience: number;
  #left: number;
  readonly #gone: () => boolean;
  readonly #end: () => void;
  /** Why it was ended, if it was. */
  ended: "timeout" | "gone" | undefined;

  /**
   * @param timeout How long it may last, in milliseconds; kept to the next look.
   * @param gone Whether the client has left.
   * @param end Called once: end it.
   */
  constructor(timeout: number, gone: () => boolean, end: () => void) {
    this.#patience = this.#left = Math.ceil(timeout / INTERVAL) + 1;
    this.#gone = gone;
    this.#end = end;
  }

  /** Something went forward: the time begins anew. */
  refresh(): void {
    this.#left = this.#patience;
  }

  /** Whether it has been ended by this look. */
  tick(): boolean {
    this.#left--;
    this.ended = this.#gone() ? "gone" : this.#left === 0 ? "timeout" : undefined;
    if (this.ended === undefined) return false;
    this.#end();
    return true;
  }
}

/**
 * All waits for connections and response heads, looked at by one timer.
 *
 * Most waits last less than one look: a timer, an abort listener or so much as a look at the clock for each would cost
 * more than the wait.
 */
export class Deadlines {
  readonly #deadlines = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  add(wait: Deadline): void {
    this.#deadlines.add(wait);
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL);
  }

  delete(wait: Deadline): void {
    this.#deadlines.delete(wait);
  }

  #tick(): void {
    for (const wait of this.#deadlines) if (wait.tick()) this.#deadlines.delete(wait);
    if (this.#deadlines.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
