import type { LogEntry } from "../log/request_log.ts";
import type { TokenStatus } from "../tokens/token_source.ts";
import type { TokenHealthState } from "../tokens/token_health.ts";
import type { Counts } from "./counts.ts";
import type { Filter } from "./filter.ts";
import type { MinuteView } from "./history.ts";
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
  /** What the page is narrowed to. */
  readonly filter: Filter;
  readonly routes: readonly RouteStatus[];
  /** The clients of the table. */
  readonly clients: readonly ClientStatus[];
  /** The tokens of the table, and whether upstreams accept them. */
  readonly tokens: readonly TokenHealthState[];
  /** The tokens that issuers issue: those of the routes, then the clients' own. */
  readonly issued: readonly IssuedToken[];
  /** How to point a client at the first route, as a shell script. */
  readonly setup: string;
  /** The last hour, oldest minute first. */
  readonly minutes: readonly MinuteView[];
  /** The last hour by route; `""` for requests that matched no route. */
  readonly hour: ReadonlyMap<string, Traffic>;
  /** The last hour by client name. */
  readonly hourByClient: ReadonlyMap<string, Counts>;
  /** The requests in flight, those that have taken longest first. */
  readonly current: readonly LogEntry[];
  /** Newest first. */
  readonly recent: readonly LogEntry[];
}

/** A client of the table and its current state. */
export interface ClientStatus {
  readonly name: string;
  /** What it is known by. */
  readonly proof: string;
  /** Why it can't use the proxy: its token is unset, or it has expired; undefined if it can. */
  readonly problem: string | undefined;
  /** The routes that it may use. */
  readonly routes: string;
  readonly inFlight: number;
  readonly maxInFlight: number | undefined;
}

/** A token that an issuer issues, and its current state. */
export interface IssuedToken {
  readonly route: string;
  /** The name of the client whose own token it is; undefined: the route's. */
  readonly client: string | undefined;
  /** The name of the token, never its value. */
  readonly token: string;
  readonly status: TokenStatus;
}

/** A configured route and its current state. */
export interface RouteStatus {
  readonly name: string;
  /** The upstream's URL, as in the route table. */
  readonly upstream: string;
  /** The name of the variable or file, never its value. */
  readonly token: string;
  readonly tokenIsSet: boolean;
  /** What upstreams say to it; undefined before the first request. */
  readonly health?: TokenHealthState | undefined;
  /** The number of open connections to the upstream. */
  readonly connections: number;
}
