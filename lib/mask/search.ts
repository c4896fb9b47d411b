/** Longer windows skip further, but more pairs of bytes occur in some form, so that they skip less often. */
const LONGEST_WINDOW = 64;

/** The table has one byte per pair, or per few pairs that share it, and fits into the processor's first-level cache. */
const TABLE_BITS = 13;

/**
 * Finds where a form may begin without reading most of the text: Wu and Manber, "A fast algorithm for multi-pattern
 * searching" (1994).
 *
 * A window as long as the shortest form slides over the text. Its last two bytes say how far it may move without
 * passing the beginning of a form: usually nearly its whole length, since few pairs of bytes occur in any form. Where
 * pairs share an entry of the table, the shortest distance counts.
 */
export class Search {
  /** The distance from a window's first byte to its last. */
  readonly #reach: number;
  readonly #skips = new Uint8Array(1 << TABLE_BITS);
  readonly #begins = new Uint8Array(256);

  constructor(forms: readonly Uint8Array[]) {
    this.#reach = Math.min(LONGEST_WINDOW, ...forms.map((form) => form.length)) - 1;
    // A pair that occurs in no form may still end with the first byte of one.
    this.#skips.fill(this.#reach);
    for (const form of forms) {
      this.#begins[form[0]!] = 1;
      for (let at = 1; at <= this.#reach; at++) {
        const pair = pairOf(form[at - 1]!, form[at]!);
        this.#skips[pair] = Math.min(this.#skips[pair]!, this.#reach - at);
      }
    }
  }

  /** The length of the shortest text that can hold a form, or as much of one as the search reads. */
  get least(): number {
    return this.#reach + 1;
  }

  /** Returns the first position from `at` on where a form may begin, complete or cut off by the end; else the end. */
  find(bytes: Uint8Array, at: number): number {
    const skips = this.#skips;
    const reach = this.#reach;
    const end = bytes.length;
    for (let last = at + reach; last < end;) {
      const skip = skips[pairOf(bytes[last - 1]!, bytes[last]!)]!;
      // With a constant step the processor need not wait for the table: three times as fast.
      if (skip === reach) last += reach;
      else if (skip > 0) last += skip;
      else if (this.#begins[bytes[last - reach]!] === 0) last++;
      else return last - reach;
      at = last - reach;
    }
    // The rest is shorter than a form: it may be the beginning of one.
    while (at < end && this.#begins[bytes[at]!] === 0) at++;
    return at;
  }

  /** Returns whether a text with one byte per character may hold a form. False is certain. */
  mayFind(text: string): boolean {
    const reach = this.#reach;
    for (let last = reach; last < text.length;) {
      const skip = this.#skips[pairOf(text.charCodeAt(last - 1), text.charCodeAt(last))]!;
      if (skip === 0) return true;
      last += skip;
    }
    return false;
  }
}

/** Returns the index of a pair of bytes in the table. */
function pairOf(first: number, second: number): number {
  return (first << 6 ^ second) & ((1 << TABLE_BITS) - 1);
}
