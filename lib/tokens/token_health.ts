/**
 * The minimum time between two lines that say that a token is refused, in milliseconds: one that is refused for some
 * requests only must not fill the log.
 */
const QUIET_MS = 60_000;

/**
 * How many 403 (Forbidden) in a row mean that a token is refused. One alone says that it may not do this one thing; a 401
 * (Unauthorized) says at once that it is not accepted: RFC 9110, sections 15.5.2 and 15.5.4.
 */
const FORBIDDEN_LIMIT = 3;

/** What is known of a token's reception by an upstream. Times are in milliseconds since 1970. */
export interface TokenHealthState {
  readonly route: string;
  /** The display name of the token's source. */
  readonly token: string;
  /** When the upstream last accepted the token. */
  readonly acceptedAt: number | undefined;
  /** When the upstream last refused the token. */
  readonly refusedAt: number | undefined;
  /** Whether the token is refused now, and since when. */
  readonly refusedSince: number | undefined;
}

/** Whether an upstream accepts a token: known from the statuses of its responses. */
export class TokenHealth implements TokenHealthState {
  readonly route: string;
  readonly token: string;
  readonly #report: (line: string) => void;
  acceptedAt: number | undefined;
  refusedAt: number | undefined;
  refusedSince: number | undefined;
  /** The refusals since the token was last accepted. */
  #refusals = 0;
  #forbidden = 0;
  #reportedAt = -Infinity;
  #isReported = false;

  constructor(route: string, token: string, report: (line: string) => void) {
    this.route = route;
    this.token = token;
    this.#report = report;
  }

  /** Records the status of a response of the upstream. */
  record(status: number, now = Date.now()): void {
    if (status < 300 || status === 304) this.#accept(now);
    else if (status === 401) this.#refuse(status, now);
    else if (status === 403) this.#refuse(++this.#forbidden >= FORBIDDEN_LIMIT ? status : undefined, now);
  }

  #accept(now: number): void {
    this.acceptedAt = now;
    this.#forbidden = 0;
    const since = this.refusedSince;
    this.refusedSince = undefined;
    const refusals = this.#refusals;
    this.#refusals = 0;
    if (since === undefined || !this.#isReported) return;
    this.#isReported = false;
    const seconds = Math.round((now - since) / 1000);
    this.#report(
      `${this.token} is accepted again on ${this.route}, after ${seconds} s and ${refusals} refused request(s)`,
    );
  }

  /** @param status The status that means that the token is refused; undefined if it does not yet. */
  #refuse(status: number | undefined, now: number): void {
    this.refusedAt = now;
    this.#refusals++;
    if (status === undefined || this.refusedSince !== undefined) return;
    this.refusedSince = now;
    if (now - this.#reportedAt < QUIET_MS) return;
    this.#reportedAt = now;
    this.#isReported = true;
    this.#report(`${this.token} is refused by the upstream of ${this.route} with ${status}`);
  }
}

/** The health of all tokens of a process, which outlives reloads of the table. */
export class TokenHealths {
  readonly #report: (line: string) => void;
  #all = new Map<string, TokenHealth>();

  /** @param report Called when a token begins to be refused, and when it is accepted again. */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** All that are in use, in the order of the table. */
  list(): readonly TokenHealthState[] {
    return [...this.#all.values()];
  }

  /** Returns the health of tokens for another table, and forgets those that it does not use. */
  replace(): { of(route: string, token: string): TokenHealth } {
    const before = this.#all;
    const now = this.#all = new Map<string, TokenHealth>();
    return {
      of: (route, token) => {
        const key = JSON.stringify([route, token]);
        const health = before.get(key) ?? now.get(key) ?? new TokenHealth(route, token, this.#report);
        now.set(key, health);
        return health;
      },
    };
  }
}
