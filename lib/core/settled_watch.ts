/**
 * Notices that something has changed, by looking at its state again and again.
 *
 * The file system's own notices don't cross every mount, and a change is not whole the moment it is seen: whoever
 * writes a file anew leaves it empty for a moment. So a change counts once it has stood from one look to the next.
 */
export class SettledWatch {
  readonly #state: () => Promise<string>;
  #reported: string;
  #last: string;

  /**
   * @param state What it looks like now, in a text that changes when it does.
   * @param before What that was before the content was read: a change in between is then seen at the next look.
   */
  constructor(state: () => Promise<string>, before: string) {
    this.#state = state;
    this.#reported = this.#last = before;
  }

  /** Whether it has changed, and stood still since the last look. Says so once for each change. */
  async poll(): Promise<boolean> {
    const state = await this.#state();
    const settled = state === this.#last && state !== this.#reported;
    this.#last = state;
    if (settled) this.#reported = state;
    return settled;
  }
}
