/** A WebSocket between a client and an upstream. */
export interface Session {
  /**
   * Closes both sides because the service is shutting down.
   *
   * @param limitMs After how much time the process ends, in milliseconds.
   */
  drain(limitMs: number): void;
}

/** The WebSockets that are open. */
export class Sessions {
  readonly #sessions = new Set<Session>();
  /** When the process ends, on the clock of `performance.now()`; undefined unless it is shutting down. */
  #end: number | undefined;

  /** The current number of sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Adds a session, until it is deleted. */
  add(session: Session): void {
    this.#sessions.add(session);
    // Its handshake began before the draining did.
    if (this.#end !== undefined) session.drain(this.#end - performance.now());
  }

  /** Removes a session that has ended. */
  delete(session: Session): void {
    this.#sessions.delete(session);
  }

  /**
   * Closes all sessions, and those that are still added.
   *
   * @param limitMs After how much time the process ends, in milliseconds.
   */
  drain(limitMs: number): void {
    this.#end = performance.now() + limitMs;
    for (const session of this.#sessions) session.drain(limitMs);
  }
}
