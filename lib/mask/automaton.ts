/** The initial state, in which none of the bytes read so far may begin a form. */
export const ROOT = 0;

/**
 * An automaton that reads bytes one by one and knows after each which form ends there, and how many of the last bytes may
 * be the beginning of one: Aho and Corasick, "Efficient string matching" (1975).
 *
 * A state is a prefix of some forms. The states form a tree; each also has a fallback, its longest proper suffix that is
 * a state, from which to continue if the next byte leads to no child. So the amortized cost of a byte is constant,
 * whatever the forms and the content are.
 */
export class Automaton {
  /** Per state: its first child, its next sibling, and the byte that leads to it. 0 means none. */
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #byte: Uint8Array;
  /** Per byte: the state that it leads to from the root, which has too many children to search. */
  readonly #first = new Int32Array(256);
  /** Per state: its fallback. */
  readonly #fallback: Int32Array;
  /** Per state: the length of the longest form that ends there; 0 means none. */
  readonly #ending: Int32Array;
  /** Per state: how many of the last bytes may be the beginning of a form. */
  readonly #pending: Int32Array;

  constructor(forms: readonly Uint8Array[]) {
    const size = forms.reduce((sum, form) => sum + form.length, 1);
    const child = new Int32Array(size);
    const sibling = new Int32Array(size);
    const byte = new Uint8Array(size);
    const ending = new Int32Array(size);
    let count = 1;
    for (const form of forms) {
      let state = ROOT;
      for (const value of form) {
        let next = state === ROOT ? this.#first[value]! : child[state]!;
        while (next !== 0 && byte[next] !== value) next = sibling[next]!;
        if (next === 0) {
          next = count++;
          byte[next] = value;
          sibling[next] = child[state]!;
          child[state] = next;
          if (state === ROOT) this.#first[value] = next;
        }
        state = next;
      }
      ending[state] = form.length;
    }
    // Most forms share a prefix with others, so there are far fewer states than bytes.
    this.#child = child.slice(0, count);
    this.#sibling = sibling.slice(0, count);
    this.#byte = byte.slice(0, count);
    this.#ending = ending.slice(0, count);
    this.#fallback = new Int32Array(count);
    this.#pending = new Int32Array(count);
    this.#link();
  }

  /** Returns the state that a byte leads to. */
  next(state: number, byte: number): number {
    for (; state !== ROOT; state = this.#fallback[state]!) {
      let next = this.#child[state]!;
      while (next !== 0 && this.#byte[next] !== byte) next = this.#sibling[next]!;
      if (next !== 0) return next;
    }
    return this.#first[byte]!;
  }

  /** Reports whether any form begins with a byte. */
  begins(byte: number): boolean {
    return this.#first[byte] !== 0;
  }

  /** Returns the length of the longest form that ends with the last byte read; 0 if none does. */
  ending(state: number): number {
    return this.#ending[state]!;
  }

  /** Returns how many of the last bytes read may be the beginning of an incomplete form. */
  pendingLength(state: number): number {
    return this.#pending[state]!;
  }

  /** Computes the fallbacks in breadth-first order, since a fallback is always closer to the root. */
  #link(): void {
    const order = new Int32Array(this.#child.length);
    let found = 1;
    for (const state of order) {
      for (let next = this.#child[state]!; next !== 0; next = this.#sibling[next]!) {
        const fallback = state === ROOT ? ROOT : this.next(this.#fallback[state]!, this.#byte[next]!);
        this.#fallback[next] = fallback;
        this.#ending[next] ||= this.#ending[fallback]!;
        // A leaf is a complete form, not the beginning of one. In a state with a child, all bytes are pending.
        this.#pending[next] = this.#child[next] === 0 ? this.#pending[fallback]! : this.#pending[state]! + 1;
        order[found++] = next;
      }
    }
  }
}
