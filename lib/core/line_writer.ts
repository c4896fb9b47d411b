/** What may wait to be written at most, in characters: a reader that stands still must not fill the memory. */
const LIMIT = 1024 * 1024;

/** Where lines end up: `Deno.stdout`, `Deno.stderr`. */
export interface LineOutput {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes whole lines without keeping anybody waiting: what comes while a write is under way goes out with the next,
 * and what no longer finds room is counted and said.
 */
export class LineWriter {
  readonly #out: LineOutput;
  readonly #lossLine: (count: number) => string;
  #pending = "";
  #lost = 0;
  #writing: Promise<void> | undefined;

  /** @param lossLine The line that says how many found no room. */
  constructor(out: LineOutput, lossLine: (count: number) => string) {
    this.#out = out;
    this.#lossLine = lossLine;
  }

  push(line: string): void {
    if (this.#pending.length > LIMIT) {
      this.#lost++;
      return;
    }
    this.#pending += `${line}\n`;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all that was pushed is written, or can't be. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What else is pushed in this turn goes along.
    await Promise.resolve();
    try {
      while (this.#pending !== "") {
        const loss = this.#lost === 0 ? "" : `${this.#lossLine(this.#lost)}\n`;
        let bytes = encoder.encode(this.#pending + loss);
        this.#pending = "";
        this.#lost = 0;
        while (bytes.length > 0) bytes = bytes.subarray(await this.#out.write(bytes));
      }
    } catch {
      // Nobody reads any more. The service goes on.
      this.#pending = "";
    } finally {
      this.#writing = undefined;
    }
  }
}

const encoder = new TextEncoder();
