import { type StatusClass, statusClass } from "./status_class.ts";

/** The statuses that are counted by themselves: those of tokens that are refused or exhausted, and of overload. */
const EXACT: ReadonlySet<number> = new Set([401, 403, 408, 429, 529]);

/** The maximum number of series: beyond it, the client of a new one is left out. */
const SERIES_LIMIT = 10_000;

/** The label value of the clients that are left out. No client has this name. */
const OTHERS = "(others)";

/** The responses of upstreams, by route, client and status. */
export class ResponseCounts {
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();
  #series = 0;

  /** Counts a response. @param client The client's name; undefined if clients are not distinguished. */
  record(route: string, client: string | undefined, status: number): void {
    const label: StatusClass | string = EXACT.has(status) ? String(status) : statusClass(status);
    const clients = entryOf(this.#counts, route, () => new Map<string, Map<string, number>>());
    let statuses = clients.get(client ?? "");
    if (statuses === undefined) {
      statuses = entryOf(clients, this.#series < SERIES_LIMIT ? client ?? "" : OTHERS, () => new Map());
    }
    const before = statuses.get(label);
    if (before === undefined) this.#series++;
    statuses.set(label, (before ?? 0) + 1);
  }

  /** Returns all counts. */
  *list(): Generator<{ route: string; client: string; status: string; count: number }> {
    for (const [route, clients] of this.#counts) {
      for (const [client, statuses] of clients) {
        for (const [status, count] of statuses) yield { route, client, status, count };
      }
    }
  }
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
