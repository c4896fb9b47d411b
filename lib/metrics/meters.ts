import { REFUSAL_CODES, type RefusalCode } from "../http/refusal.ts";
import type { LogEntry } from "../log/request_log.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import { ResponseCounts } from "./response_counts.ts";
import { RouteMeter } from "./route_meter.ts";

/** Counts of reloads. The field names are values of the label `result`. */
export interface Reloads {
  taken: number;
  refused: number;
}

/** The service's counters since the process started, which `/metrics` exposes. */
export class Meters {
  readonly #routes = new Map<string, RouteMeter>();
  readonly refusals: Record<RefusalCode, number> = Object.fromEntries(
    REFUSAL_CODES.map((code) => [code, 0]),
  ) as Record<RefusalCode, number>;
  /** The responses of upstreams. */
  readonly responses = new ResponseCounts();
  readonly #clientRefusals = new Map<string, Map<RefusalCode, number>>();
  readonly tokenReloads: Reloads = { taken: 0, refused: 0 };
  readonly tableReloads: Reloads = { taken: 0, refused: 0 };

  /** The meters by route name; `""` is for requests that matched no route. */
  get routes(): ReadonlyMap<string, RouteMeter> {
    return this.#routes;
  }

  /** Returns the meter of a route, a new one for a new route. */
  route(name: string): RouteMeter {
    let meter = this.#routes.get(name);
    if (meter === undefined) this.#routes.set(name, meter = new RouteMeter());
    return meter;
  }

  /** Returns the connection counts of a route. */
  connections(name: string): ConnectionCounts {
    return this.route(name).connections;
  }

  /** The requests of known clients that the proxy refused, by the client's name and code. */
  get clientRefusals(): ReadonlyMap<string, ReadonlyMap<RefusalCode, number>> {
    return this.#clientRefusals;
  }

  /** Counts a finished request. */
  record(entry: LogEntry): void {
    const { route = "", clientName, status, error } = entry;
    this.route(route).record(entry);
    if (error === undefined) {
      if (status > 0) this.responses.record(route, clientName, status);
      return;
    }
    this.refusals[error]++;
    if (clientName === undefined) return;
    let codes = this.#clientRefusals.get(clientName);
    if (codes === undefined) this.#clientRefusals.set(clientName, codes = new Map());
    codes.set(error, (codes.get(error) ?? 0) + 1);
  }
}
