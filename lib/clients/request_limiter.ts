import type { RequestLimits } from "../config/route/route_config.ts";
import { Refusal } from "../http/refusal.ts";

const MINUTE_MS = 60_000;

/**
 * The requests of one client, or of all clients on one route, against their limits.
 *
 * The rate is limited by a token bucket that holds one minute's worth, kept as a single number (the generic cell rate
 * algorithm): after a pause, `requests_per_minute` requests pass at once, and then one whenever its share of a minute has
 * passed.
 */
export class RequestLimiter {
  /** Whose requests are counted: those of one client, or those on one route. */
  readonly #noun: "client" | "route";
  limits: RequestLimits;
  #inFlight = 0;
  /** The time at which the bucket will be full again, in milliseconds on a monotonic clock. */
  #fullAt = 0;

  constructor(noun: "client" | "route", limits: RequestLimits) {
    this.#noun = noun;
    this.limits = limits;
  }

  /** The current number of requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Checks that one more request is within the limits.
   *
   * @param now Milliseconds on a monotonic clock.
   * @throws {Refusal} `rate_limited` if it is not.
   */
  assertWithin(now: number): void {
    const { maxInFlight, requestsPerMinute } = this.limits;
    if (maxInFlight !== undefined && this.#inFlight >= maxInFlight) {
      throw new Refusal("rate_limited", `the max_in_flight of this ${this.#noun}`, { retryAfterS: 1 });
    }
    if (requestsPerMinute === undefined) return;
    const waitMs = this.#fullAt - now - (MINUTE_MS - MINUTE_MS / requestsPerMinute);
    // Less than a microsecond is an error of rounding.
    if (waitMs < 0.001) return;
    throw new Refusal("rate_limited", `the requests_per_minute of this ${this.#noun}`, {
      retryAfterS: Math.ceil(waitMs / 1000),
    });
  }

  /** Counts a request, which is in flight until {@linkcode release}. */
  acquire(now: number): void {
    this.#inFlight++;
    const { requestsPerMinute } = this.limits;
    if (requestsPerMinute === undefined) return;
    this.#fullAt = Math.max(now, this.#fullAt) + MINUTE_MS / requestsPerMinute;
  }

  /** Counts a request as finished. */
  release(): void {
    this.#inFlight--;
  }
}

/** The limiters of a process. They outlive reloads of the table: otherwise each reload would fill all buckets. */
export class RequestLimiters {
  #limiters = new Map<string, RequestLimiter>();

  /** Returns the limiters for another table, and forgets those that it does not use. */
  replace(): { of(noun: "client" | "route", name: string, limits: RequestLimits): RequestLimiter } {
    const before = this.#limiters;
    const now = this.#limiters = new Map<string, RequestLimiter>();
    return {
      of(noun, name, limits) {
        const key = `${noun} ${name}`;
        const limiter = now.get(key) ?? before.get(key) ?? new RequestLimiter(noun, limits);
        limiter.limits = limits;
        now.set(key, limiter);
        return limiter;
      },
    };
  }
}
