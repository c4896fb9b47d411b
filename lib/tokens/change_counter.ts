/** Counts how often any token of a table was replaced, so that whatever depends on all of them is made once per change. */
export class ChangeCounter {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  increment(): void {
    this.#count++;
  }
}
