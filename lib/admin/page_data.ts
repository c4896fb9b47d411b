import type { LogEntry } from "../log/request_log.ts";
import type { Traffic } from "./traffic.ts";

/** What the page shows of a route. */
export interface RouteRow {
  readonly name: string;
  /** As the table spells it: scheme, authority and base. */
  readonly upstream: string;
  /** The name of the variable or file, never what it holds. */
  readonly token: string;
  readonly tokenIsSet: boolean;
  readonly connections: number;
}

export interface PageData {
  readonly version: string;
  /** In milliseconds since 1970, both. */
  readonly now: number;
  readonly startTime: number;
  readonly draining: boolean;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly routes: readonly RouteRow[];
  /** The last hour, all routes together, the oldest minute first. */
  readonly minutes: readonly Traffic[];
  /** The last hour by route. */
  readonly hour: ReadonlyMap<string, Traffic>;
  /** The latest first. */
  readonly recent: readonly LogEntry[];
}
