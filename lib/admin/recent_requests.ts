import type { LogEntry } from "../log/request_log.ts";

/** The number of requests that are kept. */
const LIMIT = 500;

/** The maximum number of characters of a path that are kept, since a client may send a very long one. */
const PATH_LIMIT = 300;

/** An entry that is written over. */
type Slot = { -readonly [Field in keyof LogEntry]: LogEntry[Field] };

/**
 * The most recently finished requests.
 *
 * Objects that live as long as these do are what the garbage collector has to copy: a new one for each request made all
 * requests some 5 % dearer. So entries are written over the oldest ones.
 */
export class RecentRequests {
  /** A ring buffer, in which `#next` is the oldest entry once it is full. */
  readonly #slots: Slot[] = [];
  #next = 0;
  #lastPath = "";

  /** Records a finished request. */
  record(entry: LogEntry): void {
    const slot = this.#slots[this.#next];
    if (slot === undefined) this.#slots.push({ ...entry, path: this.#pathOf(entry) });
    else Object.assign(slot, entry).path = this.#pathOf(entry);
    this.#next = (this.#next + 1) % LIMIT;
  }

  /** Returns the requests, newest first. */
  list(): readonly LogEntry[] {
    return [...this.#slots.slice(this.#next), ...this.#slots.slice(0, this.#next)].reverse()
      .map((slot) => ({ ...slot }));
  }

  /** Returns what is kept of a path: the same string for the same path as before, as most clients send. */
  #pathOf({ path }: LogEntry): string {
    if (path !== this.#lastPath) this.#lastPath = path.slice(0, PATH_LIMIT);
    return this.#lastPath;
  }
}
