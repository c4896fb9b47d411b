/** The connections to one route's upstream, as a metric tells them. */
export class ConnectionCounts {
  #opened = 0;
  #closed = 0;
  /** How often a request took one that had served before. */
  reused = 0;

  /** How many there have been. */
  get opened(): number {
    return this.#opened;
  }

  /** How many there are, idle or in use. */
  get held(): number {
    return this.#opened - this.#closed;
  }

  /** Counts one more. @returns What to call when it is closed. */
  open(): () => void {
    this.#opened++;
    return () => void this.#closed++;
  }
}
