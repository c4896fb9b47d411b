import type { Connection } from "./connection.ts";

/** How many idle connections are kept at most. */
const IDLE_LIMIT = 256;

/**
 * How long a connection may be idle, in milliseconds. Address translators silently forget an idle connection after some
 * minutes, and a request sent on one of those would wait until its time-out.
 */
const IDLE_TIME = 60_000;

/**
 * For how long a connection gets new requests, in milliseconds: a name may have another address by then, whose server would
 * never be asked otherwise.
 */
const MAX_AGE = 300_000;

/** How often idle connections are checked, in milliseconds. One that is too old is not used in between either. */
const CHECK_TIME = 15_000;

/** The idle connections of one route to its upstream: no other route's request is ever sent on them. */
export class Pool {
  readonly #now: () => number;
  /** The one used last is at the end and reused first, so that the surplus ages and is closed. */
  #idle: Connection[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;
  readonly #onLost = (connection: Connection): void => this.#evict((idle) => idle === connection);

  /** @param now Returns a time in milliseconds, as connections know theirs. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Removes an idle connection from the pool, to be used. */
  take(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (this.#now() < idle.usableUntil) {
        idle.leaveIdle();
        return idle;
      }
      idle.close();
    }
    return undefined;
  }

  /**
   * Keeps a connection that is in use no more, or closes it.
   *
   * @param keepMs How long the upstream keeps it, in milliseconds.
   */
  put(connection: Connection, keepMs = Infinity): void {
    const now = this.#now();
    const until = Math.min(now + IDLE_TIME, now + keepMs, connection.openedAt + MAX_AGE);
    if (this.#closed || this.#idle.length >= IDLE_LIMIT || until <= now) return connection.close();
    connection.usableUntil = until;
    this.#idle.push(connection);
    connection.enterIdle(this.#onLost);
    this.#timer ??= setInterval(() => {
      const now = this.#now();
      this.#evict((idle) => now >= idle.usableUntil);
      if (this.#idle.length === 0) this.#stopTimer();
    }, CHECK_TIME);
  }

  /** Closes the idle connections, and from then on every one that is put back. */
  close(): void {
    this.#closed = true;
    this.#evict(() => true);
    this.#stopTimer();
  }

  #evict(matches: (idle: Connection) => boolean): void {
    this.#idle = this.#idle.filter((idle) => {
      if (!matches(idle)) return true;
      idle.close();
      return false;
    });
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
