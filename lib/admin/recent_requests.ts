import type { LogEntry } from "../log/request_log.ts";

/** The number of requests that are kept. */
const LIMIT = 500;

/** The maximum number of characters of a path that are kept, since a client may send a very long one. */
const PATH_LIMIT = 300;

/** The most recently finished requests. */
export class RecentRequests {
  /** A ring buffer, in which `#next` is the oldest entry once it is full. */
  readonly #entries: LogEntry[] = [];
  #next = 0;

  /** Records a finished request. */
  record(entry: LogEntry): void {
    this.#entries[this.#next] = { ...entry, path: entry.path.slice(0, PATH_LIMIT) };
    this.#next = (this.#next + 1) % LIMIT;
  }

  /** Returns the requests, newest first. */
  list(): readonly LogEntry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)].reverse();
  }
}
