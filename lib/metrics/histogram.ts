/** Counts observations in the buckets of a Prometheus histogram. */
export class Histogram {
  /** Inclusive upper bounds in ascending order. A last bucket without a bound holds the rest. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  /** Observations per bucket, not cumulative; there is one bucket more than bounds. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
  }

  /** Adds the observations of a histogram with the same bounds. */
  add(other: Histogram): void {
    other.counts.forEach((count, at) => this.#counts[at]! += count);
    this.#sum += other.sum;
  }

  /**
   * Estimates the value that a share of the observations does not exceed, assuming that they are spread evenly within a
   * bucket, as Prometheus' `histogram_quantile` does. Values above the last bound count as that bound.
   *
   * @param share From 0 to 1.
   * @returns Undefined without observations.
   */
  quantile(share: number): number | undefined {
    const { count, bounds } = this;
    if (count === 0) return undefined;
    let left = share * count;
    for (let at = 0; at < bounds.length; at++) {
      const here = this.#counts[at]!;
      const low = at === 0 ? 0 : bounds[at - 1]!;
      if (here > 0 && left <= here) return low + (bounds[at]! - low) * (left / here);
      left -= here;
    }
    return bounds.at(-1);
  }
}
