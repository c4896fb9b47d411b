/** A WebSocket between a client and an upstream. */
export interface Session {
  /** Closes both sides because the service is shutting down. */
  drain(): void;
}

/** The WebSockets that are open. */
export class Sessions {
  readonly #sessions = new Set<Session>();
  #draining = false;

  /** The current number of sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Adds a session, until it is deleted. */
  add(session: Session): void {
    this.#sessions.add(session);
    // Its handshake began before the draining did.
    if (this.#draining) session.drain();
  }

  /** Removes a session that has ended. */
  delete(session: Session): void {
    this.#sessions.delete(session);
  }

  /** Closes all sessions, and those that are still added. */
  drain(): void {
    this.#draining = true;
    for (const session of this.#sessions) session.drain();
  }
}
