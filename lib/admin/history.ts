import type { LogEntry } from "../log/request_log.ts";
import { Traffic } from "./traffic.ts";

/** How many minutes are remembered. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** The last hour, minute by minute and route by route. What it holds does not grow with what is asked. */
export class History {
  /** By the minute's number modulo the hour. */
  readonly #slots: ({ readonly minute: number; readonly routes: Map<string, Traffic> } | undefined)[] =
    new Array(MINUTES);

  /** @param now In milliseconds since 1970. */
  record(entry: LogEntry, now = Date.now()): void {
    const minute = Math.floor(now / MINUTE_MS);
    let slot = this.#slots[minute % MINUTES];
    if (slot?.minute !== minute) this.#slots[minute % MINUTES] = slot = { minute, routes: new Map() };
    const route = entry.route ?? "";
    let counts = slot.routes.get(route);
    if (counts === undefined) slot.routes.set(route, counts = new Traffic());
    counts.record(entry);
  }

  /** The last minutes, the oldest first, all routes together; the last of them is still under way. */
  minutes(now = Date.now()): readonly Traffic[] {
    const last = Math.floor(now / MINUTE_MS);
    return Array.from({ length: MINUTES }, (_, at) => {
      const sum = new Traffic();
      for (const counts of this.#slotOf(last - MINUTES + 1 + at)?.values() ?? []) sum.add(counts);
      return sum;
    });
  }

  /** The whole hour, by route; `""` for requests that no route was for. */
  routes(now = Date.now()): ReadonlyMap<string, Traffic> {
    const last = Math.floor(now / MINUTE_MS);
    const sums = new Map<string, Traffic>();
    for (let minute = last - MINUTES + 1; minute <= last; minute++) {
      for (const [route, counts] of this.#slotOf(minute) ?? []) {
        let sum = sums.get(route);
        if (sum === undefined) sums.set(route, sum = new Traffic());
        sum.add(counts);
      }
    }
    return sums;
  }

  #slotOf(minute: number): ReadonlyMap<string, Traffic> | undefined {
    const slot = this.#slots[minute % MINUTES];
    return slot?.minute === minute ? slot.routes : undefined;
  }
}
