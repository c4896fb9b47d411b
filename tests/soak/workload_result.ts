import type { Workload } from "./workload.ts";

/** The outcomes of the requests of one workload. */
export class WorkloadResult {
  readonly workload: Workload;
  /** The number of successful requests. */
  succeeded = 0;
  /** The number of failed requests, by error. */
  readonly failures = new Map<string, number>();
  /** The duration of each, in milliseconds. */
  readonly durations: number[] = [];

  constructor(workload: Workload) {
    this.workload = workload;
  }

  get lost(): number {
    return this.failures.values().reduce((sum, count) => sum + count, 0);
  }

  get requests(): number {
    return this.succeeded + this.lost;
  }

  /** @param duration In milliseconds. */
  recordSuccess(duration: number): void {
    this.succeeded++;
    if (this.workload.timed === true) this.durations.push(duration);
  }

  recordFailure(error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}

/** @param sorted The values in ascending order. */
export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? NaN;
}
