/** How often waits are looked at, in milliseconds. A client that has left is noticed within this time. */
const INTERVAL = 250;

/** Something that is being waited for on behalf of a client. */
export interface Wait {
  /** When it has lasted too long, by `performance.now()`. */
  deadline: number;
  /** Whether the client has left. */
  gone(): boolean;
  /** Called once: end it. */
  end(why: "timeout" | "gone"): void;
}

/**
 * All waits for connections and response heads, looked at by one timer.
 *
 * Most waits last less than one look: a timer and an abort listener for each would cost more than the wait.
 */
export class Waits {
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setInterval> | undefined;

  add(wait: Wait): void {
    this.#waits.add(wait);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL);
  }

  delete(wait: Wait): void {
    this.#waits.delete(wait);
  }

  #look(): void {
    const now = performance.now();
    for (const wait of this.#waits) {
      const why = wait.gone() ? "gone" : wait.deadline <= now ? "timeout" : undefined;
      if (why === undefined) continue;
      this.#waits.delete(wait);
      wait.end(why);
    }
    if (this.#waits.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
