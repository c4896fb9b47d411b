import type { Kind } from "./workload.ts";

/** What became of the requests of one kind. */
export class Tally {
  readonly kind: Kind;
  /** How many ended as they should. */
  good = 0;
  /** How many did not, by what was wrong with them. */
  readonly bad = new Map<string, number>();
  /** What each took, in milliseconds. */
  readonly delays: number[] = [];

  constructor(kind: Kind) {
    this.kind = kind;
  }

  get lost(): number {
    return this.bad.values().reduce((sum, count) => sum + count, 0);
  }

  get requests(): number {
    return this.good + this.lost;
  }

  /** @param delay In milliseconds. */
  succeed(delay: number): void {
    this.good++;
    if (this.kind.timed === true) this.delays.push(delay);
  }

  fail(error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    this.bad.set(what, (this.bad.get(what) ?? 0) + 1);
  }
}

/** @param sorted The values in ascending order. */
export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? NaN;
}
