/** The connections to one route's upstream, for the metrics. */
export class ConnectionCounts {
  #opened = 0;
  #closed = 0;
  /** How many requests were sent on a connection that had served before. */
  reused = 0;

  /** How many connections have been opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** How many connections are open now, idle or in use. */
  get current(): number {
    return this.#opened - this.#closed;
  }

  /** Counts a connection. @returns A function to call when it is closed. */
  open(): () => void {
    this.#opened++;
    return () => void this.#closed++;
  }
}
