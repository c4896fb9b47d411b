import type { LogEntry, Outcome, RequestLog } from "../log/request_log.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import type { Route } from "./route.ts";

/** One request from arrival to end: it owns the log entry and counts against the limit of requests in flight. */
export class RequestSpan {
  readonly entry: LogEntry;
  readonly #log: RequestLog;
  readonly #limiter: InFlightLimiter;
  #acquired = false;
  #ended = false;

  constructor(entry: LogEntry, { log, limiter }: { log: RequestLog; limiter: InFlightLimiter }) {
    this.entry = entry;
    this.#log = log;
    this.#limiter = limiter;
  }

  /** Records the route in the log entry. */
  matched({ name, config }: Route): void {
    this.entry.route = name;
    this.entry.upstream = config.upstream.authority;
  }

  /**
   * Counts the request as in flight until the span ends.
   *
   * @throws {Refusal} `overloaded` if too many requests are in flight.
   */
  acquire(): void {
    this.#limiter.acquire();
    this.#acquired = true;
  }

  /** Ends and logs the request. Later calls have no effect: a stream that is cancelled during a read ends twice. */
  end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#acquired) this.#limiter.release();
    this.#log.end(this.entry, outcome);
  }
}
