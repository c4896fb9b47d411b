import { REFUSAL_CODES, type RefusalCode } from "../http/refusal.ts";
import type { LogEntry } from "../log/request_log.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import { RouteMeter } from "./route_meter.ts";

/** How often something new was taken, and how often it was not. */
export interface Reloads {
  taken: number;
  refused: number;
}

/** What the process has done since it started: the numbers behind `/metrics`. */
export class Meters {
  readonly #routes = new Map<string, RouteMeter>();
  readonly refusals: Record<RefusalCode, number> = Object.fromEntries(
    REFUSAL_CODES.map((code) => [code, 0]),
  ) as Record<RefusalCode, number>;
  readonly tokenReloads: Reloads = { taken: 0, refused: 0 };
  readonly tableReloads: Reloads = { taken: 0, refused: 0 };

  /** By the route's name; `""` for requests that no route was for. */
  get routes(): ReadonlyMap<string, RouteMeter> {
    return this.#routes;
  }

  route(name: string): RouteMeter {
    let meter = this.#routes.get(name);
    if (meter === undefined) this.#routes.set(name, meter = new RouteMeter());
    return meter;
  }

  /** Where the connections of a route are counted. */
  connections(name: string): ConnectionCounts {
    return this.route(name).connections;
  }

  record(entry: LogEntry): void {
    this.route(entry.route ?? "").record(entry);
    if (entry.error !== undefined) this.refusals[entry.error]++;
  }
}
