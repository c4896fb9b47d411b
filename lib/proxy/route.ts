import type { RouteConfig } from "../config/route/route_config.ts";
import type { Credential } from "../credentials/credential.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import type { Transport } from "../upstream/transport.ts";
import type { RequestFieldRules } from "./build_request.ts";

/** A route ready to serve: its configuration, and what each of its requests needs. */
export interface Route {
  readonly name: string;
  readonly config: RouteConfig;
  readonly requestFields: RequestFieldRules;
  readonly token: TokenSource;
  readonly credential: Credential;
  readonly transport: Transport;
}
