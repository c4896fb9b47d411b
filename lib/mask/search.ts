/** The maximum window, in bytes. A longer one skips further, but less often, since it includes more pairs of bytes. */
const MAX_WINDOW = 64;

/** The size of the table as a power of two. A few pairs share each entry, so that it fits into the CPU's L1 cache. */
const TABLE_BITS = 13;

/**
 * A search for positions where a form may begin that need not read most of the text: Wu and Manber, "A fast algorithm for
 * multi-pattern searching" (1994).
 *
 * A window as long as the shortest form slides over the text. Its last two bytes determine how far it may move without
 * skipping the beginning of a form: usually nearly its whole length, since few pairs of bytes occur in any form. If
 * several pairs share an entry of the table, the smallest distance applies.
 */
export class Search {
  /** The distance from the window's first byte to its last. */
  readonly #reach: number;
  readonly #skips = new Uint8Array(1 << TABLE_BITS);
  readonly #begins = new Uint8Array(256);

  constructor(forms: readonly Uint8Array[]) {
    this.#reach = Math.min(MAX_WINDOW, ...forms.map((form) => form.length)) - 1;
    // The last byte of a pair that occurs in no form may still be the first byte of one.
    this.#skips.fill(this.#reach);
    for (const form of forms) {
      this.#begins[form[0]!] = 1;
      for (let at = 1; at <= this.#reach; at++) {
        const pair = pairOf(form[at - 1]!, form[at]!);
        this.#skips[pair] = Math.min(this.#skips[pair]!, this.#reach - at);
      }
    }
  }

  /** The minimum length of a text that may contain a form. */
  get minLength(): number {
    return this.#reach + 1;
  }

  /** Returns the first position from `at` where a form, complete or truncated, may begin; the end if there is none. */
  find(bytes: Uint8Array, at: number): number {
    const skips = this.#skips;
    const reach = this.#reach;
    const end = bytes.length;
    for (let last = at + reach; last < end;) {
      const skip = skips[pairOf(bytes[last - 1]!, bytes[last]!)]!;
      // With a constant step the CPU does not have to wait for the table: three times as fast.
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

  /** Reports whether a text with one byte per character may contain a form. There are no false negatives. */
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
