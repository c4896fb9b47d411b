import type { RouteConfig, RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { hostPort } from "../http/host.ts";

/** Where a client reaches a route, and what it sends there in place of a credential. */
export interface Endpoint {
  readonly route: RouteConfig;
  /** The service's address without a trailing slash: `http://cred-proxy:9099`. */
  readonly origin: string;
  /** The origin and the route's prefix, without the trailing slash. */
  readonly url: string;
  /** The origin's host and port, as a URL spells them. */
  readonly host: string;
  /** The Unix socket's path, if there is one. */
  readonly socket: string | undefined;
  /** The client's API key, as a word of the shell. */
  readonly key: string;
  /** The variable that holds the client token; undefined if none is required and the key is a placeholder. */
  readonly keyVariable: string | undefined;
}

/** The settings that say where the service listens. */
export type ListenAddress = Pick<Settings, "bind" | "port" | "socket">;

/** The service's name on the network that it shares with the client. */
const SERVICE = "cred-proxy";

/** Returns a route's endpoint. */
export function endpointFor(
  route: RouteConfig,
  { bind, port, socket }: ListenAddress,
  { clientTokenEnv }: Pick<RouteTable, "clientTokenEnv">,
): Endpoint {
  // A listener on all addresses does not say which of them the client uses.
  const host = hostPort(bind === "0.0.0.0" || bind === "::" ? SERVICE : bind, port);
  const origin = `http://${host}`;
  return {
    route,
    origin,
    url: origin + route.path.slice(0, -1),
    host,
    socket,
    key: clientTokenEnv === undefined ? "placeholder" : `"$${clientTokenEnv}"`,
    keyVariable: clientTokenEnv,
  };
}
