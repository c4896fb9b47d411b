/** How many observations fell where, in the buckets of a Prometheus histogram. */
export class Histogram {
  /** The inclusive upper bounds, rising. A last bucket without a bound takes the rest. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  /** How many observations each bucket holds, each counted once; one more bucket than bounds. */
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

  /** Adds what another of the same bounds has observed. */
  add(other: Histogram): void {
    other.counts.forEach((count, at) => this.#counts[at]! += count);
    this.#sum += other.sum;
  }

  /**
   * The value that a share of the observations does not exceed, told as far as the buckets do: evenly spread within
   * one, as Prometheus' `histogram_quantile` takes it. Undefined without observations.
   *
   * @param share From 0 to 1.
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
