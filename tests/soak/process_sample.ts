import { residentMemory } from "../support/service.ts";
import { megabytes } from "../support/process.ts";
import { rest } from "./workload.ts";

/** What a process holds at a moment. */
export interface Look {
  /** Open file descriptors. */
  readonly files: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

export async function lookAt(pid: number): Promise<Look> {
  const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  return { files: files.length, memory: await residentMemory(pid) };
}

export function print(when: string, { files, memory }: Look): void {
  console.log(`${when.padEnd(24)} ${String(files).padStart(6)} ${megabytes(memory).padStart(10)}`);
}

export function printTitle(): void {
  console.log(`\n${"the service".padEnd(24)} ${"files".padStart(6)} ${"memory MB".padStart(10)}`);
}

/** Looks each minute, for so many seconds from now. @returns What was seen after each minute. */
export async function lookEachMinute(pid: number, seconds: number): Promise<Look[]> {
  const begun = performance.now();
  const looks: Look[] = [];
  for (let minute = 1; minute * 60 <= seconds; minute++) {
    await rest(begun + minute * 60_000 - performance.now());
    const look = await lookAt(pid);
    looks.push(look);
    print(`after ${minute} min`, look);
  }
  return looks;
}

/** Waits until no more files are open than there were, or the time is up. */
export async function settle(pid: number, files: number, patienceMs: number): Promise<Look> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const look = await lookAt(pid);
    if (look.files <= files || performance.now() >= until) return look;
    await rest(500);
  }
}
