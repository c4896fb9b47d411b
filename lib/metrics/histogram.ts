/** A histogram of observations, as in Prometheus. */
export class Histogram {
  /** The inclusive upper bounds of the buckets, in ascending order. One more bucket counts everything above. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  /** The observations per bucket, not cumulative; there is one more bucket than bounds. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** The sum of all observed values. */
  get sum(): number {
    return this.#sum;
  }

  /** The number of observations. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Counts an observation. */
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
   * Estimates a quantile like Prometheus' `histogram_quantile`: by linear interpolation within a bucket. Values above the
   * last bound count as that bound.
   *
   * @param share The quantile, from 0 to 1.
   * @returns The value, or undefined if there are no observations.
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
