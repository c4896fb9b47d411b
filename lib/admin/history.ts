import type { LogEntry } from "../log/request_log.ts";
import { Traffic } from "./traffic.ts";

/** The number of minutes that are kept. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** The traffic of one minute, by route name. */
interface Minute {
  /** Minutes since 1970. */
  readonly number: number;
  readonly routes: Map<string, Traffic>;
}

/** The traffic of the last hour by minute and route. Its size does not grow with the number of requests. */
export class History {
  /** A ring buffer, indexed by the minute's number modulo {@linkcode MINUTES}. */
  readonly #ring: (Minute | undefined)[] = new Array(MINUTES);

  /** Records a finished request. @param now Milliseconds since 1970. */
  record(entry: LogEntry, now = Date.now()): void {
    const number = Math.floor(now / MINUTE_MS);
    let minute = this.#ring[number % MINUTES];
    if (minute?.number !== number) this.#ring[number % MINUTES] = minute = { number, routes: new Map() };
    trafficOf(minute.routes, entry.route ?? "").record(entry);
  }

  /** Returns the traffic of each minute across all routes, oldest first. The last minute is the current one. */
  minutes(now = Date.now()): readonly Traffic[] {
    return this.#lastHour(now).map((routes) => {
      const sum = new Traffic();
      for (const traffic of routes?.values() ?? []) sum.add(traffic);
      return sum;
    });
  }

  /** Returns the hour's traffic by route name; `""` is for requests that matched no route. */
  routes(now = Date.now()): ReadonlyMap<string, Traffic> {
    const sums = new Map<string, Traffic>();
    for (const routes of this.#lastHour(now)) {
      for (const [route, traffic] of routes ?? []) trafficOf(sums, route).add(traffic);
    }
    return sums;
  }

  /** Returns the traffic of each minute by route, oldest first; undefined for a minute without requests. */
  #lastHour(now: number): (ReadonlyMap<string, Traffic> | undefined)[] {
    const first = Math.floor(now / MINUTE_MS) - MINUTES + 1;
    return Array.from({ length: MINUTES }, (_, at) => {
      const minute = this.#ring[(first + at) % MINUTES];
      return minute?.number === first + at ? minute.routes : undefined;
    });
  }
}

/** Returns a route's traffic from the map, which gets a new entry for a new route. */
function trafficOf(routes: Map<string, Traffic>, route: string): Traffic {
  let traffic = routes.get(route);
  if (traffic === undefined) routes.set(route, traffic = new Traffic());
  return traffic;
}
