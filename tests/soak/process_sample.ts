import { residentMemory } from "../support/service.ts";
import { megabytes } from "../support/process.ts";
import { delay } from "./workload.ts";

/** What a process holds at one moment. */
export interface ProcessSample {
  /** Open file descriptors. */
  readonly files: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

/** Counts the open files and the resident memory of a process. */
export async function sampleProcess(pid: number): Promise<ProcessSample> {
  const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  return { files: files.length, memory: await residentMemory(pid) };
}

/** How many descriptors the service holds in reserve, which it opens right after it has begun to listen. */
const RESERVE = 128;

/** Samples the service once it holds its reserve of descriptors, or after five seconds. */
export async function sampleStart(pid: number): Promise<ProcessSample> {
  let sample = await sampleProcess(pid);
  for (let look = 0; look < 50 && sample.files < RESERVE; look++) {
    await delay(100);
    sample = await sampleProcess(pid);
  }
  return sample;
}

/** Prints a row of the table of samples. */
export function printSample(when: string, { files, memory }: ProcessSample): void {
  console.log(`${when.padEnd(24)} ${String(files).padStart(6)} ${megabytes(memory).padStart(10)}`);
}

/** Prints the header of the table of samples. */
export function printSampleHeader(): void {
  console.log(`\n${"the service".padEnd(24)} ${"files".padStart(6)} ${"memory MB".padStart(10)}`);
}

/** Samples a process once per minute for `seconds`, and prints each sample. */
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

/** Waits until at most `files` are open or the time is up. @returns The last sample. */
export async function waitForFiles(pid: number, files: number, timeoutMs: number): Promise<ProcessSample> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const sample = await sampleProcess(pid);
    if (sample.files <= files || performance.now() >= until) return sample;
    await delay(500);
  }
}
