/** A connection on which the runtime may hold a part of a message. */
export interface Holder {
  /** When the client's last message was complete, on the clock of `performance.now()`; -Infinity if none was. */
  readonly lastMessage: number;
  /** How much it has not sent yet of what is for the client, in bytes. */
  readonly unsent: number;
  /** Ends the connection at once, and frees what it holds. */
  kill(): void;
}

/** The process's memory, in bytes. */
export interface MemoryUse {
  readonly rss: number;
  readonly heapTotal: number;
  readonly external: number;
}

/** How much all unfinished messages together may take, in bytes: one of the longest, and half of another. */
const LIMIT = 96 * 1024 * 1024;

/** How often the memory is looked at, in milliseconds. */
const INTERVAL = 100;

/** How long connections get to free their memory before the next ones are ended, in milliseconds, and in how many looks. */
const FREEING = 100;
const LOOKS = 5;

/**
 * A limit on the memory of messages that clients have not finished.
 *
 * The runtime joins the fragments of a message out of sight and without a limit, so a client can send fragments until the
 * memory is full. What can be seen is the memory of the whole process. When that part of it grows that belongs to neither
 * heap nor buffers, connections are ended, the newest first, until it has shrunk. Those whose client has completed a message
 * since the growth began are spared: it is not theirs.
 */
export class UnfinishedMessages {
  readonly #holders = new Set<Holder>();
  readonly #memoryUse: () => MemoryUse;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What was there without unfinished messages, in bytes. */
  #usual = Infinity;
  /** When half of the limit was last not exceeded, on the clock of `performance.now()`. */
  #lastFine = 0;
  #freeing = false;

  constructor(memoryUse: () => MemoryUse = Deno.memoryUsage) {
    this.#memoryUse = memoryUse;
  }

  /** Adds a connection, until it is deleted. */
  add(holder: Holder): void {
    if (this.#holders.size === 0) {
      this.#usual = this.#unexplained();
      this.#lastFine = performance.now();
    }
    this.#holders.add(holder);
    this.#timer ??= setInterval(() => void this.#look(), INTERVAL);
  }

  /** Removes a connection that has ended. */
  delete(holder: Holder): void {
    this.#holders.delete(holder);
    if (this.#holders.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#freeing || !this.#exceeds(LIMIT)) return;
    this.#freeing = true;
    // A set is in the order in which its members were added.
    const suspects = [...this.#holders].reverse().filter(({ lastMessage }) => lastMessage <= this.#lastFine);
    // More at a time in each round, so that many who are not to blame take little time.
    for (let round = 1; suspects.length > 0; round *= 2) {
      for (const suspect of suspects.splice(0, round)) suspect.kill();
      await this.#untilShrunk();
      if (!this.#exceeds(LIMIT)) break;
    }
    this.#freeing = false;
    // Whatever is left does not come from these connections.
    if (this.#exceeds(LIMIT)) this.#usual = this.#unexplained();
  }

  async #untilShrunk(): Promise<void> {
    for (let look = 0; look < LOOKS && this.#exceeds(LIMIT); look++) {
      await new Promise((resolve) => setTimeout(resolve, FREEING / LOOKS));
    }
  }

  #exceeds(limit: number): boolean {
    const growth = this.#unexplained() - this.#usual;
    if (growth < 0) this.#usual += growth;
    if (growth <= limit / 2) this.#lastFine = performance.now();
    return growth > limit;
  }

  /** Returns the memory that is neither heap nor buffers, nor waits to be taken by a client, in bytes. */
  #unexplained(): number {
    const { rss, heapTotal, external } = this.#memoryUse();
    let unsent = 0;
    for (const holder of this.#holders) unsent += holder.unsent;
    return rss - heapTotal - external - unsent;
  }
}
