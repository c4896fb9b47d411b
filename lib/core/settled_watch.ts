/**
 * Notices that something has changed, by polling its state.
 *
 * The file system's own notifications don't cross every mount, and a change is not complete the moment it is visible:
 * a file that is being rewritten is empty for a moment. So a change counts once two polls in a row have seen it.
 */
export class SettledWatch {
  readonly #state: () => Promise<string>;
  #reported: string;
  #last: string;

  /**
   * @param state Returns the state now, as a text that changes when the thing does.
   * @param before The state before the content was read, so that a change in between is noticed.
   */
  constructor(state: () => Promise<string>, before: string) {
    this.#state = state;
    this.#reported = this.#last = before;
  }

  /** Whether it has changed, and not since the last poll. Reports each change once. */
  async poll(): Promise<boolean> {
    const state = await this.#state();
    const settled = state === this.#last && state !== this.#reported;
    this.#last = state;
    if (settled) this.#reported = state;
    return settled;
  }
}
