import type { LogEntry } from "../log/request_log.ts";
import type { Traffic } from "./traffic.ts";

/** Everything that the operator's page shows. */
export interface PageData {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly draining: boolean;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly routes: readonly RouteStatus[];
  /** The last hour across all routes, oldest minute first. */
  readonly minutes: readonly Traffic[];
  /** The last hour by route; `""` for requests that matched no route. */
  readonly hour: ReadonlyMap<string, Traffic>;
  /** Newest first. */
  readonly recent: readonly LogEntry[];
}

/** A configured route and its current state. */
export interface RouteStatus {
  readonly name: string;
  /** As in the route table: scheme, authority and base path. */
  readonly upstream: string;
  /** The name of the variable or file, never its value. */
  readonly token: string;
  readonly tokenIsSet: boolean;
  /** Open connections to the upstream. */
  readonly connections: number;
}
