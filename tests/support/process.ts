/**
 * What a process costs, as Linux counts it.
 *
 * @module
 */

import { residentMemory } from "./service.ts";

/** Clock ticks a second in `/proc`: what Linux shows to programs is 100 on every processor in use (`getconf CLK_TCK`). */
const TICKS = 100;

/** Whether the system tells at all: it must be Linux. */
export function canMeasure(): boolean {
  return Deno.build.os === "linux";
}

/** Processor time of a process, all threads, user and system, in seconds; it grows in steps of 10 ms. */
export async function processorTime(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is a name in parentheses that may hold anything; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory, looked at again and again. */
export class MemoryWatch implements AsyncDisposable {
  /** The most that was seen, in bytes. */
  peak = 0;
  readonly #pid: number;
  readonly #watching: Promise<void>;
  #over = false;

  constructor(pid: number, intervalMs: number) {
    this.#pid = pid;
    this.#watching = this.#watch(intervalMs);
  }

  async #watch(intervalMs: number): Promise<void> {
    while (!this.#over) {
      this.peak = Math.max(this.peak, await residentMemory(this.#pid));
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#watching;
  }
}

/** Bytes as megabytes of 1 000 000 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
