import type { LogEntry } from "../log/request_log.ts";

/** How many requests are kept. */
const LIMIT = 100;

/** Characters of a path that are kept, since a client may send a long one. */
const PATH_LIMIT = 300;

/** Keeps the requests that ended last. */
export class RecentRequests {
  /** A ring, overwritten from `#next` on once it is full. */
  readonly #entries: LogEntry[] = [];
  #next = 0;

  record(entry: LogEntry): void {
    this.#entries[this.#next] = { ...entry, path: entry.path.slice(0, PATH_LIMIT) };
    this.#next = (this.#next + 1) % LIMIT;
  }

  /** Returns them newest first. */
  list(): readonly LogEntry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)].reverse();
  }
}
