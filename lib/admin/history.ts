import type { LogEntry } from "../log/request_log.ts";
import { Traffic } from "./traffic.ts";

/** How many minutes are kept. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** Traffic of one minute, by route name. */
interface Slot {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly routes: Map<string, Traffic>;
}

/** Counts the last hour by minute and by route. Its size does not grow with the number of requests. */
export class History {
  /** A ring: a minute's slot is its number modulo the hour. */
  readonly #slots: (Slot | undefined)[] = new Array(MINUTES);

  /** @param now Milliseconds since 1970. */
  record(entry: LogEntry, now = Date.now()): void {
    const minute = Math.floor(now / MINUTE_MS);
    let slot = this.#slots[minute % MINUTES];
    if (slot?.minute !== minute) this.#slots[minute % MINUTES] = slot = { minute, routes: new Map() };
    trafficOf(slot.routes, entry.route ?? "").record(entry);
  }

  /** Returns the traffic of each minute across all routes, oldest first; the last minute is still running. */
  minutes(now = Date.now()): readonly Traffic[] {
    return this.#lastHour(now).map((routes) => {
      const sum = new Traffic();
      for (const traffic of routes?.values() ?? []) sum.add(traffic);
      return sum;
    });
  }

  /** Returns the hour's traffic by route; `""` for requests that matched no route. */
  routes(now = Date.now()): ReadonlyMap<string, Traffic> {
    const sums = new Map<string, Traffic>();
    for (const routes of this.#lastHour(now)) {
      for (const [route, traffic] of routes ?? []) trafficOf(sums, route).add(traffic);
    }
    return sums;
  }

  /** The minutes' traffic by route, oldest first; undefined for a minute without requests. */
  #lastHour(now: number): (ReadonlyMap<string, Traffic> | undefined)[] {
    const first = Math.floor(now / MINUTE_MS) - MINUTES + 1;
    return Array.from({ length: MINUTES }, (_, at) => {
      const slot = this.#slots[(first + at) % MINUTES];
      return slot?.minute === first + at ? slot.routes : undefined;
    });
  }
}

/** Returns a route's traffic, added to the map if the route is new to it. */
function trafficOf(routes: Map<string, Traffic>, route: string): Traffic {
  let traffic = routes.get(route);
  if (traffic === undefined) routes.set(route, traffic = new Traffic());
  return traffic;
}
