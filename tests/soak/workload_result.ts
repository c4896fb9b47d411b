import type { Workload } from "./workload.ts";

/** What became of the requests of one kind. */
export class WorkloadResult {
  readonly workload: Workload;
  /** How many ended as they should. */
  succeeded = 0;
  /** How many did not, by what was wrong with them. */
  readonly failures = new Map<string, number>();
  /** What each took, in milliseconds. */
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

  /** @param delay In milliseconds. */
  recordSuccess(delay: number): void {
    this.succeeded++;
    if (this.workload.timed === true) this.durations.push(delay);
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
