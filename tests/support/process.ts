/**
 * Processor time and memory of a process, as Linux counts them.
 *
 * @module
 */

import { residentMemory } from "./service.ts";

/** Clock ticks per second in `/proc`: Linux shows programs 100 on all common processors (`getconf CLK_TCK`). */
const TICKS = 100;

/** Whether this system has `/proc`: it must be Linux. */
export function canMeasure(): boolean {
  return Deno.build.os === "linux";
}

/** Returns the processor time of a process in seconds: all threads, user and system, in steps of 10 ms. */
export async function processorTime(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field is a name in parentheses that may hold anything; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Returns the processes that a process has started, and those that they have. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    // A thread may end meanwhile.
    const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/children`).catch(() => "");
    for (const child of text.split(" ").filter((part) => part !== "").map(Number)) {
      children.push(child, ...await childrenOf(child));
    }
  }
  return children;
}

/** Samples resident memory periodically. */
export class MemoryWatch implements AsyncDisposable {
  /** The maximum, in bytes. */
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

/** Formats bytes as megabytes of 1 000 000 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** Returns how many sockets a process has open. */
export function socketsOf(pid: number): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      if (Deno.readLinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:")) count++;
    } catch {
      // It has been closed in between.
    }
  }
  return count;
}
