import type { LogEntry } from "../log/request_log.ts";
import type { TokenStatus } from "../tokens/token_source.ts";
import type { Traffic } from "./traffic.ts";

/** The content of the operator's page. */
export interface PageData {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly draining: boolean;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** How many of the requests in flight are WebSockets. */
  readonly webSockets: number;
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
  /** The upstream's URL, as in the route table. */
  readonly upstream: string;
  /** The name of the variable or file, never its value. */
  readonly token: string;
  readonly tokenIsSet: boolean;
  /** The state of a token that an issuer issues; undefined for any other. */
  readonly minted?: TokenStatus | undefined;
  /** The number of open connections to the upstream. */
  readonly connections: number;
}
