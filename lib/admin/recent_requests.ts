import type { LogEntry } from "../log/request_log.ts";

/** The number of requests that are kept. */
const LIMIT = 500;

/** The maximum number of characters of a path that are kept, since a client may send a very long one. */
const PATH_LIMIT = 300;

/** The fields that are numbers, the first one that of the request. */
const NUMBERS = [
  "number",
  "time",
  "began",
  "status",
  "masked",
  "bytesUp",
  "bytesDown",
  "firstByteMs",
  "durationMs",
] as const;

/** The fields that are texts, or objects that hardly any entry has. */
const TEXTS = [
  "method",
  "client",
  "clientName",
  "subject",
  "pod",
  "path",
  "route",
  "upstream",
  "token",
  "error",
  "cause",
  "webSocket",
  "reused",
  "upstreamRequestId",
  "outcome",
] as const;

/** The fields that can be put together again; {@linkcode RecentRequests.list} does not compile unless these are all. */
type Kept = "id" | typeof NUMBERS[number] | typeof TEXTS[number];

/**
 * The most recently finished requests.
 *
 * An object that lives as long as these do is what the garbage collector has to move twice and then to look for: keeping five
 * of them per request made all requests 3 % dearer. So numbers are written into one array, over the oldest ones, and a text
 * only where the one that it replaces is another, which with most clients it is not.
 */
export class RecentRequests {
  /** A ring buffer of rows, in which `#next` is the oldest entry once it is full. */
  readonly #numbers = new Float64Array(LIMIT * NUMBERS.length);
  readonly #texts: LogEntry[typeof TEXTS[number]][] = new Array(LIMIT * TEXTS.length).fill(undefined);
  #next = 0;
  #count = 0;
  /** What all identifiers begin with. */
  #prefix = "";
  #lastPath = "";

  /** Records a finished request. */
  record(entry: LogEntry): void {
    const { id, number } = entry;
    if (this.#count === 0) this.#prefix = id.slice(0, id.length - String(number).length);
    const row = this.#next * NUMBERS.length;
    // By index, as for what follows: iterators would be garbage.
    for (let at = 0; at < NUMBERS.length; at++) this.#numbers[row + at] = entry[NUMBERS[at]!] ?? NaN;
    const texts = this.#next * TEXTS.length;
    for (let at = 0; at < TEXTS.length; at++) {
      const name = TEXTS[at]!;
      const text = name === "path" ? this.#pathOf(entry) : entry[name];
      if (this.#texts[texts + at] !== text) this.#texts[texts + at] = text;
    }
    this.#next = (this.#next + 1) % LIMIT;
    this.#count = Math.min(this.#count + 1, LIMIT);
  }

  /** Returns the requests, newest first. */
  list(): readonly LogEntry[] {
    return Array.from(
      { length: this.#count },
      (_, age) => this.#entry((this.#next - 1 - age + LIMIT) % LIMIT),
    );
  }

  #entry(slot: number): Pick<LogEntry, Kept> {
    const numbers = NUMBERS.map((name, at) => [name, this.#numbers[slot * NUMBERS.length + at]!] as const);
    const texts = TEXTS.map((name, at) => [name, this.#texts[slot * TEXTS.length + at]] as const);
    const number = this.#numbers[slot * NUMBERS.length];
    return Object.fromEntries([
      ["id", `${this.#prefix}${number}`],
      ...numbers.map(([name, value]) => [name, Number.isNaN(value) ? undefined : value]),
      ...texts,
    ]);
  }

  /** Returns what is kept of a path: the same string for the same path as before, as most clients send. */
  #pathOf({ path }: LogEntry): string {
    if (path !== this.#lastPath) this.#lastPath = path.slice(0, PATH_LIMIT);
    return this.#lastPath;
  }
}
