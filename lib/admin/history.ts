import type { LogEntry } from "../log/request_log.ts";
import type { Histogram } from "../metrics/histogram.ts";
import type { Category } from "./category.ts";
import { Counts } from "./counts.ts";
import type { Filter } from "./filter.ts";
import { Traffic } from "./traffic.ts";

/** The number of minutes that are kept. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** The maximum number of pairs of client and route that are kept of a minute; what is beyond is counted for no client. */
const PAIR_LIMIT = 2_000;

/** The traffic of one minute. */
interface Minute {
  /** Minutes since 1970. */
  readonly number: number;
  /** By route name. */
  readonly routes: Map<string, Traffic>;
  /** By client and route, for requests of known clients. */
  readonly pairs: Map<string, Pair>;
}

/** What one client did on one route. */
interface Pair {
  readonly client: string;
  readonly route: string;
  readonly counts: Counts;
}

/** One minute as the charts show it. */
export interface MinuteView {
  readonly counts: Readonly<Record<Category, number>>;
  /** Seconds from the request to the upstream's response head; undefined where they are not known for a client alone. */
  readonly delays: Histogram | undefined;
}

/** The traffic of the last hour by minute, route and client. Its size does not grow with the number of requests. */
export class History {
  /** A ring buffer, indexed by the minute's number modulo {@linkcode MINUTES}. */
  readonly #ring: (Minute | undefined)[] = new Array(MINUTES);

  /** Records a finished request. @param now Milliseconds since 1970. */
  record(entry: LogEntry, now = Date.now()): void {
    const number = Math.floor(now / MINUTE_MS);
    let minute = this.#ring[number % MINUTES];
    if (minute?.number !== number) {
      this.#ring[number % MINUTES] = minute = { number, routes: new Map(), pairs: new Map() };
    }
    const { route = "", clientName } = entry;
    trafficOf(minute.routes, route).record(entry);
    if (clientName !== undefined) recordPair(minute.pairs, { client: clientName, route }, entry);
  }

  /** Returns the last minutes, oldest first. The last one is the current one. */
  minutes(now = Date.now(), { route, client }: Filter = {}): readonly MinuteView[] {
    return this.#lastHour(now).map((minute) => {
      if (client !== undefined) {
        const sum = new Counts();
        for (const pair of minute?.pairs.values() ?? []) {
          if (pair.client === client && (route ?? pair.route) === pair.route) sum.add(pair.counts);
        }
        return { counts: sum.counts, delays: undefined };
      }
      const sum = new Traffic();
      for (const [name, traffic] of minute?.routes ?? []) if ((route ?? name) === name) sum.add(traffic);
      return sum;
    });
  }

  /** Returns the hour's traffic by route name; `""` is for requests that matched no route. */
  routes(now = Date.now()): ReadonlyMap<string, Traffic> {
    const sums = new Map<string, Traffic>();
    for (const minute of this.#lastHour(now)) {
      for (const [route, traffic] of minute?.routes ?? []) trafficOf(sums, route).add(traffic);
    }
    return sums;
  }

  /** Returns the hour's counts by client name, on one route or on all. */
  clients(now = Date.now(), route?: string): ReadonlyMap<string, Counts> {
    const sums = new Map<string, Counts>();
    for (const minute of this.#lastHour(now)) {
      for (const pair of minute?.pairs.values() ?? []) {
        if ((route ?? pair.route) !== pair.route) continue;
        let sum = sums.get(pair.client);
        if (sum === undefined) sums.set(pair.client, sum = new Counts());
        sum.add(pair.counts);
      }
    }
    return sums;
  }

  /** Returns each minute, oldest first; undefined for a minute without requests. */
  #lastHour(now: number): (Minute | undefined)[] {
    const first = Math.floor(now / MINUTE_MS) - MINUTES + 1;
    return Array.from({ length: MINUTES }, (_, at) => {
      const minute = this.#ring[(first + at) % MINUTES];
      return minute?.number === first + at ? minute : undefined;
    });
  }
}

function recordPair(pairs: Map<string, Pair>, of: Pick<Pair, "client" | "route">, entry: LogEntry): void {
  // A client's name contains no space.
  const key = `${of.client} ${of.route}`;
  let pair = pairs.get(key);
  if (pair === undefined) {
    if (pairs.size >= PAIR_LIMIT) return;
    pairs.set(key, pair = { ...of, counts: new Counts() });
  }
  pair.counts.record(entry);
}

/** Returns a route's traffic from the map, which gets a new entry for a new route. */
function trafficOf(routes: Map<string, Traffic>, route: string): Traffic {
  let traffic = routes.get(route);
  if (traffic === undefined) routes.set(route, traffic = new Traffic());
  return traffic;
}
