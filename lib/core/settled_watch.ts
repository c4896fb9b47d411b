/**
 * A watch that detects changes by polling a fingerprint.
 *
 * The file system's own notifications don't cross every mount, and a visible change is not always complete: a file that
 * is being rewritten is empty for a moment. So a change counts once two consecutive polls have seen it.
 */
export class SettledWatch {
  readonly #fingerprint: () => Promise<string>;
  #reported: string;
  #last: string;

  /**
   * @param fingerprint Returns a string that changes when the watched thing does.
   * @param before The fingerprint from before the content was read, so that a change in between is detected.
   */
  constructor(fingerprint: () => Promise<string>, before: string) {
    this.#fingerprint = fingerprint;
    this.#reported = this.#last = before;
  }

  /** Reports whether there was a change that has settled since the last poll. Reports each change once. */
  async poll(): Promise<boolean> {
    const now = await this.#fingerprint();
    const settled = now === this.#last && now !== this.#reported;
    this.#last = now;
    if (settled) this.#reported = now;
    return settled;
  }
}
