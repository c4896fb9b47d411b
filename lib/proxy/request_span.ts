import type { LogEntry, Outcome, RequestLog } from "../log/request_log.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import type { Route } from "./route.ts";

/** One request from its first step to its end: its log entry and its place in flight. */
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

  /** Notes the route in the log entry. */
  matched({ name, config }: Route): void {
    this.entry.route = name;
    this.entry.upstream = config.upstream.authority;
  }

  /**
   * Takes a place in flight, which the end of the span gives back.
   *
   * @throws {Refusal} `overloaded` where there is none.
   */
  acquire(): void {
    this.#limiter.acquire();
    this.#acquired = true;
  }

  /** Ends the request and logs it. Only the first call counts: a stream that is cancelled during a read ends twice. */
  end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#acquired) this.#limiter.release();
    this.#log.end(this.entry, outcome);
  }
}
