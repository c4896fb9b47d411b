/** The maximum number of characters that wait to be written: a stalled reader must not exhaust memory. */
const LIMIT = 1024 * 1024;

/** Where lines are written: `Deno.stdout`, `Deno.stderr`. */
export interface LineOutput {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * A writer of complete lines that never blocks its caller. Lines pushed during a write go out with the next write; lines
 * beyond the limit are dropped, counted and reported.
 */
export class LineWriter {
  readonly #output: LineOutput;
  readonly #lossLine: (count: number) => string;
  #pending = "";
  #dropped = 0;
  #writing: Promise<void> | undefined;

  /** @param lossLine Returns the line that reports how many lines were dropped. */
  constructor(output: LineOutput, lossLine: (count: number) => string) {
    this.#output = output;
    this.#lossLine = lossLine;
  }

  /** Queues a line, which must not contain a line break. */
  push(line: string): void {
    if (this.#pending.length > LIMIT) {
      this.#dropped++;
      return;
    }
    this.#pending += `${line}\n`;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once every queued line has been written, or writing has failed. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Lines pushed in the same turn of the event loop are written together.
    await Promise.resolve();
    try {
      while (this.#pending !== "") {
        const loss = this.#dropped === 0 ? "" : `${this.#lossLine(this.#dropped)}\n`;
        let bytes = encoder.encode(this.#pending + loss);
        this.#pending = "";
        this.#dropped = 0;
        while (bytes.length > 0) bytes = bytes.subarray(await this.#output.write(bytes));
      }
    } catch {
      // The reader is gone, which must not stop the service.
      this.#pending = "";
    } finally {
      this.#writing = undefined;
    }
  }
}

const encoder = new TextEncoder();
