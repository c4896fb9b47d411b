import type { RouteConfig } from "../config/route/route_config.ts";
import type { RequestLimiter } from "../clients/request_limiter.ts";
import type { Credential } from "../credentials/credential.ts";
import type { TokenHealth } from "../tokens/token_health.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import type { Transport } from "../upstream/transport.ts";
import type { RequestFieldRules } from "./build_request.ts";
import type { IsDropped } from "./client_query.ts";
import type { RouteReferences } from "./reference/route_references.ts";
import type { RoutePolicy } from "./policy.ts";

/** A live route: its configuration, and everything that its requests share. */
export interface Route {
  /** The display name: the host or the prefix. */
  readonly name: string;
  readonly config: RouteConfig;
  /** All of them must allow a request: the route's own, and that of the client that the route is for. */
  readonly policies: readonly RoutePolicy[];
  /** Counts the requests of all clients. */
  readonly limiter: RequestLimiter;
  readonly requestFields: RequestFieldRules;
  /** The parameters of the client's query that are not forwarded. */
  readonly isParameterDropped: IsDropped;
  readonly token: TokenSource;
  readonly tokenHealth: TokenHealth;
  readonly credential: Credential;
  readonly transport: Transport;
  /** Where references to its upstream lead. */
  readonly references: RouteReferences;
}
