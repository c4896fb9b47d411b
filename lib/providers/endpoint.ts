import { hostPort } from "../http/host.ts";
import type { RouteConfig, RouteTable } from "../config/route/route_config.ts";
import type { Settings } from "../config/settings/settings.ts";

/** How an agent gets to a route, and what it shows there in place of a credential. */
export interface Endpoint {
  readonly route: RouteConfig;
  /** `http://cred-proxy:9099`: where the service listens, without a slash at the end. */
  readonly origin: string;
  /** The origin and the route's prefix, without the final slash. */
  readonly url: string;
  /** The host of the origin, as a URL spells it. */
  readonly host: string;
  /** The Unix socket; undefined: there is none. */
  readonly socket: string | undefined;
  /** What the client gets for a key, as a word of the shell. */
  readonly key: string;
  /** The variable that holds the client token; undefined: none is asked for, and the key is a placeholder. */
  readonly keyVariable: string | undefined;
}

/** What the way depends on beside the route. */
export type ListenAddress = Pick<Settings, "bind" | "port" | "socket">;

/** The service's name on the network that it shares with the agent. */
const SERVICE = "cred-proxy";

/** The way to a route. */
export function endpointFor(
  route: RouteConfig,
  { bind, port, socket }: ListenAddress,
  { clientTokenEnv }: Pick<RouteTable, "clientTokenEnv">,
): Endpoint {
  // A listener on all addresses says nothing about the one that the agent knows.
  const host = bind === "0.0.0.0" || bind === "::" ? SERVICE : bind;
  const origin = `http://${hostPort(host, port)}`;
  return {
    route,
    origin,
    url: origin + route.path.slice(0, -1),
    host: hostPort(host, port),
    socket,
    key: clientTokenEnv === undefined ? "placeholder" : `"$${clientTokenEnv}"`,
    keyVariable: clientTokenEnv,
  };
}
