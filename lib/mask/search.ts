/** Longer windows skip further, but more of what they look at occurs in some form, so that they skip less often. */
const LONGEST_WINDOW = 64;

/** The table has a byte for each pair, or for a few that share it, and fits into the processor's nearest memory. */
const TABLE_BITS = 13;

/**
 * Where in a text none of several forms can begin, found without looking at most of the text: Wu and Manber, "A fast
 * algorithm for multi-pattern searching" (1994).
 *
 * A window as long as the shortest form slides over the text. The last two bytes in it say how far it may go on
 * without passing a place at which a form begins: as a rule nearly its whole length, since few pairs of bytes occur in
 * any form. Pairs share places in the table, the nearest counts.
 */
export class Search {
  /** How far a window's first byte is from its last. */
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

  /** How long a text is at least that can hold a form, or as much of one as the search looks at. */
  get least(): number {
    return this.#reach + 1;
  }

  /** The first place from `at` on where a form may begin, be it whole or cut off by the end; the end if none may. */
  find(bytes: Uint8Array, at: number): number {
    const skips = this.#skips;
    const reach = this.#reach;
    const end = bytes.length;
    for (let last = at + reach; last < end;) {
      const skip = skips[pairOf(bytes[last - 1]!, bytes[last]!)]!;
      // Going on by what is known beforehand, the processor need not wait for the table: thrice as fast.
      if (skip === reach) last += reach;
      else if (skip > 0) last += skip;
      else if (this.#begins[bytes[last - reach]!] === 0) last++;
      else return last - reach;
      at = last - reach;
    }
    // What is left is shorter than a form: it may be the beginning of one.
    while (at < end && this.#begins[bytes[at]!] === 0) at++;
    return at;
  }

  /** Whether a text of bytes, a byte a character, may hold a form. False is certain. */
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

/** The place of a pair of bytes in the table. */
function pairOf(first: number, second: number): number {
  return (first << 6 ^ second) & ((1 << TABLE_BITS) - 1);
}
