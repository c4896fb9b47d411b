import type { LogEntry } from "../log/request_log.ts";

/** How many requests are remembered. */
const LIMIT = 100;

/** A path that a stranger asked for may be long; what is kept of it need not be. */
const PATH_LIMIT = 300;

/** The last requests that ended. */
export class RecentRequests {
  readonly #entries: LogEntry[] = [];
  #next = 0;

  record(entry: LogEntry): void {
    this.#entries[this.#next] = { ...entry, path: entry.path.slice(0, PATH_LIMIT) };
    this.#next = (this.#next + 1) % LIMIT;
  }

  /** The latest first. */
  list(): readonly LogEntry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)].reverse();
  }
}
