import type { Connection } from "./connection.ts";

/** How many idle connections are kept at most. */
const IDLE_LIMIT = 256;

/**
 * How long a connection may be idle, in milliseconds. Address translators silently forget an idle connection after some
 * minutes, and a request sent on one of those would wait until its time-out.
 */
const IDLE_TIME = 60_000;

/** How many times within that time idle connections are checked. */
const TICKS = 4;

interface Idle {
  readonly connection: Connection;
  /** The tick at which it became idle. */
  readonly since: number;
}

/** The idle connections of one route to its upstream: no other route's request is ever sent on them. */
export class Pool {
  /** The one used last is at the end and reused first, so that the surplus ages and is closed. */
  #idle: Idle[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticks = 0;
  #closed = false;

  /** Removes an idle connection from the pool, to be used. */
  take(): Connection | undefined {
    const connection = this.#idle.pop()?.connection;
    connection?.leaveIdle();
    return connection;
  }

  /** Keeps a connection that is in use no more, or closes it. */
  put(connection: Connection): void {
    if (this.#closed || this.#idle.length >= IDLE_LIMIT) return connection.close();
    this.#idle.push({ connection, since: this.#ticks });
    connection.enterIdle(() => this.#evict((idle) => idle.connection === connection));
    this.#timer ??= setInterval(() => {
      this.#ticks++;
      this.#evict((idle) => this.#ticks - idle.since > TICKS);
      if (this.#idle.length === 0) this.#stopTimer();
    }, IDLE_TIME / TICKS);
  }

  /** Closes the idle connections, and from then on every one that is put back. */
  close(): void {
    this.#closed = true;
    this.#evict(() => true);
    this.#stopTimer();
  }

  #evict(matches: (idle: Idle) => boolean): void {
    this.#idle = this.#idle.filter((idle) => {
      if (!matches(idle)) return true;
      idle.connection.close();
      return false;
    });
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
