import type { LogEntry } from "../log/request_log.ts";
import { Histogram } from "../metrics/histogram.ts";
import { DELAY_BOUNDS } from "../metrics/route_meter.ts";

/** How many minutes are remembered. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** How a request is told apart at a glance. */
export type Fate = "answered" | "refused" | "failed";

/**
 * `failed`: the upstream failed, or broke its reply off, or answered with a 5xx. `refused`: the proxy itself said no.
 * Everything else is `answered`, a 4xx of the upstream's included: it is an answer.
 */
export function fateOf({ status, error, outcome }: Pick<LogEntry, "status" | "error" | "outcome">): Fate {
  if (error === "upstream_failed" || error === "upstream_timeout" || error === "internal") return "failed";
  if (error !== undefined) return "refused";
  return outcome === "upstream_aborted" || status >= 500 ? "failed" : "answered";
}

/** What ended within one minute. */
export class Minute {
  readonly fates: Record<Fate, number> = { answered: 0, refused: 0, failed: 0 };
  /** Requests by method. */
  readonly methods = new Map<string, number>();
  /** Time to the head of the upstream's reply, in seconds. */
  readonly delays = new Histogram(DELAY_BOUNDS);
  bytesUp = 0;
  bytesDown = 0;

  record(entry: LogEntry): void {
    this.fates[fateOf(entry)]++;
    const method = known(entry.method);
    this.methods.set(method, (this.methods.get(method) ?? 0) + 1);
    if (entry.firstByteMs !== undefined) this.delays.observe(entry.firstByteMs / 1000);
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
  }

  add(other: Minute): void {
    this.fates.answered += other.fates.answered;
    this.fates.refused += other.fates.refused;
    this.fates.failed += other.fates.failed;
    for (const [method, count] of other.methods) {
      this.methods.set(method, (this.methods.get(method) ?? 0) + count);
    }
    this.delays.add(other.delays);
    this.bytesUp += other.bytesUp;
    this.bytesDown += other.bytesDown;
  }
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Any word can be a method; an agent that makes up a new one each time must not fill the memory. */
function known(method: string): string {
  return METHODS.has(method) ? method : "other";
}

/** The last hour, minute by minute and route by route. What it holds does not grow with what is asked. */
export class History {
  /** By the minute's number modulo the hour. */
  readonly #slots: ({ readonly minute: number; readonly routes: Map<string, Minute> } | undefined)[] =
    new Array(MINUTES);

  /** @param now In milliseconds since 1970. */
  record(entry: LogEntry, now = Date.now()): void {
    const minute = Math.floor(now / MINUTE_MS);
    let slot = this.#slots[minute % MINUTES];
    if (slot?.minute !== minute) this.#slots[minute % MINUTES] = slot = { minute, routes: new Map() };
    const route = entry.route ?? "";
    let counts = slot.routes.get(route);
    if (counts === undefined) slot.routes.set(route, counts = new Minute());
    counts.record(entry);
  }

  /** The last minutes, the oldest first, all routes together; the last of them is still under way. */
  minutes(now = Date.now()): readonly Minute[] {
    const last = Math.floor(now / MINUTE_MS);
    return Array.from({ length: MINUTES }, (_, at) => {
      const sum = new Minute();
      for (const counts of this.#slotOf(last - MINUTES + 1 + at)?.values() ?? []) sum.add(counts);
      return sum;
    });
  }

  /** The whole hour, by route; `""` for requests that no route was for. */
  routes(now = Date.now()): ReadonlyMap<string, Minute> {
    const last = Math.floor(now / MINUTE_MS);
    const sums = new Map<string, Minute>();
    for (let minute = last - MINUTES + 1; minute <= last; minute++) {
      for (const [route, counts] of this.#slotOf(minute) ?? []) {
        let sum = sums.get(route);
        if (sum === undefined) sums.set(route, sum = new Minute());
        sum.add(counts);
      }
    }
    return sums;
  }

  #slotOf(minute: number): ReadonlyMap<string, Minute> | undefined {
    const slot = this.#slots[minute % MINUTES];
    return slot?.minute === minute ? slot.routes : undefined;
  }
}
