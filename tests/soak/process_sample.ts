import { residentMemory } from "../support/service.ts";
import { megabytes } from "../support/process.ts";
import { delay } from "./workload.ts";

/** What a process holds at a moment. */
export interface ProcessSample {
  /** Open file descriptors. */
  readonly files: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

export async function sampleProcess(pid: number): Promise<ProcessSample> {
  const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  return { files: files.length, memory: await residentMemory(pid) };
}

export function printSample(when: string, { files, memory }: ProcessSample): void {
  console.log(`${when.padEnd(24)} ${String(files).padStart(6)} ${megabytes(memory).padStart(10)}`);
}

export function printSampleHeader(): void {
  console.log(`\n${"the service".padEnd(24)} ${"files".padStart(6)} ${"memory MB".padStart(10)}`);
}

/** Looks each minute, for so many seconds from now. @returns What was seen after each minute. */
export async function sampleEachMinute(pid: number, seconds: number): Promise<ProcessSample[]> {
  const begun = performance.now();
  const samples: ProcessSample[] = [];
  for (let minute = 1; minute * 60 <= seconds; minute++) {
    await delay(begun + minute * 60_000 - performance.now());
    const sample = await sampleProcess(pid);
    samples.push(sample);
    printSample(`after ${minute} min`, sample);
  }
  return samples;
}

/** Waits until no more files are open than there were, or the time is up. */
export async function waitForFiles(pid: number, files: number, patienceMs: number): Promise<ProcessSample> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const sample = await sampleProcess(pid);
    if (sample.files <= files || performance.now() >= until) return sample;
    await delay(500);
  }
}
