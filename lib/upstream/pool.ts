import type { Connection } from "./connection.ts";

/** Idle connections beyond this many are closed. */
const IDLE_LIMIT = 256;

/**
 * How long a connection may be idle, in milliseconds. Address translators forget a silent connection without a word
 * after some minutes, and a request on one of those would wait for its time-out.
 */
const IDLE_TIME = 60_000;

/** How many times within it idle connections are looked at. */
const LOOKS = 4;

interface Idle {
  readonly connection: Connection;
  /** The look at which it was put here. */
  readonly since: number;
}

/** The idle connections of one route to one origin: no other route's request ever travels on them. */
export class Pool {
  /** The one used last is at the end and taken first, so that those not needed grow old. */
  #idle: Idle[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #looks = 0;
  #closed = false;

  take(): Connection | undefined {
    const connection = this.#idle.pop()?.connection;
    connection?.begin();
    return connection;
  }

  put(connection: Connection): void {
    if (this.#closed || this.#idle.length >= IDLE_LIMIT) return connection.close();
    this.#idle.push({ connection, since: this.#looks });
    connection.watch(() => this.#evict((idle) => idle.connection === connection));
    this.#timer ??= setInterval(() => {
      this.#looks++;
      this.#evict((idle) => this.#looks - idle.since > LOOKS);
      if (this.#idle.length === 0) this.#stopTimer();
    }, IDLE_TIME / LOOKS);
  }

  /** Closes what is idle, and from now on everything that is put back. */
  close(): void {
    this.#closed = true;
    this.#evict(() => true);
    this.#stopTimer();
  }

  #evict(which: (idle: Idle) => boolean): void {
    this.#idle = this.#idle.filter((idle) => {
      if (!which(idle)) return true;
      idle.connection.close();
      return false;
    });
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
