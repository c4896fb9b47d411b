/** How many turns may follow each other before something waits for ever. */
const TURN_LIMIT = 1000;

const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis;
const REAL = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
};
const realNow = performance.now;

interface Timer {
  readonly run: () => void;
  readonly every: number | undefined;
  at: number;
}

/**
 * Time that passes only when a test says so: timers, turns and `performance.now()` of all that runs in this process, until it
 * is disposed of.
 */
export class FakeTime implements Disposable {
  #now = 1_000_000;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();
  #immediates: (() => void)[] = [];
  /** How long each timer that was started was to take, in milliseconds. */
  readonly started: number[] = [];
  /** How many turns have been waited for. */
  turns = 0;

  constructor() {
    const start = (isRepeated: boolean) => (run: () => void, ms = 0) => {
      this.started.push(ms);
      this.#timers.set(++this.#lastId, { run, every: isRepeated ? ms : undefined, at: this.#now + ms });
      return this.#lastId;
    };
    const clear = (id: number) => void this.#timers.delete(id);
    Object.assign(globalThis, {
      setTimeout: start(false),
      clearTimeout: clear,
      setInterval: start(true),
      clearInterval: clear,
      setImmediate: (run: () => void) => void this.#immediates.push(run),
    });
    performance.now = () => this.#now;
  }

  /** The time, on the clock of `performance.now()`. */
  get now(): number {
    return this.#now;
  }

  /** How many timers are running. */
  get running(): number {
    return this.#timers.size;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < TURN_LIMIT; turns++) {
      await new Promise((resolve) => REAL.setImmediate(resolve));
      if (this.#immediates.length === 0) return;
      this.turns++;
      for (const run of this.#immediates.splice(0)) run();
    }
    throw new Error(`Something waits for more than ${TURN_LIMIT} turns`);
  }

  /** Lets time pass, in milliseconds, and all happen that does meanwhile. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      const [id, timer] = next;
      this.#now = timer.at;
      if (timer.every === undefined) this.#timers.delete(id);
      else timer.at += timer.every;
      timer.run();
      await this.settle();
    }
    this.#now = end;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, REAL);
    performance.now = realNow;
  }
}
