/** A count of token replacements, shared by all tokens of a table, so that what depends on them can be cached. */
export class ChangeCounter {
  #count = 0;

  /** The number of replacements so far. */
  get count(): number {
    return this.#count;
  }

  /** Counts a replacement. */
  increment(): void {
    this.#count++;
  }
}
