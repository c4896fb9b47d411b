/** What may wait to be written at most, in characters: a reader that stands still must not fill the memory. */
const LIMIT = 1024 * 1024;

/** Where lines end up: `Deno.stdout`, `Deno.stderr`. */
export interface Out {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes whole lines without keeping anybody waiting: what comes while a write is under way goes out with the next,
 * and what no longer finds room is counted and said.
 */
export class Lines {
  readonly #out: Out;
  #waiting = "";
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(out: Out) {
    this.#out = out;
  }

  push(line: string): void {
    if (this.#waiting.length > LIMIT) {
      this.#lost++;
      return;
    }
    this.#waiting += `${line}\n`;
    this.#writing ??= this.#writeAll();
  }

  /** How many lines found no room since this was asked last. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** Resolves when all that was pushed is written, or can't be. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What else is pushed in this turn goes along.
    await Promise.resolve();
    try {
      while (this.#waiting !== "") {
        let bytes = encoder.encode(this.#waiting);
        this.#waiting = "";
        while (bytes.length > 0) bytes = bytes.subarray(await this.#out.write(bytes));
      }
    } catch {
      // Nobody reads any more. The service goes on.
      this.#waiting = "";
    } finally {
      this.#writing = undefined;
    }
  }
}

const encoder = new TextEncoder();
