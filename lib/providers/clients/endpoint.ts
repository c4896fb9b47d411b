import type { RouteConfig, RouteTable } from "../../config/route/route_config.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { hostPort } from "../../http/host.ts";

/** The address at which a client reaches a route, and the key that it sends instead of a credential. */
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
  /** The client's API key, quoted for a shell. */
  readonly key: string;
  /** The variable that holds the client token; undefined if none is required, and any key will do. */
  readonly keyVariable: string | undefined;
}

/** The settings that determine where the service listens. */
export type ListenAddress = Pick<Settings, "bind" | "socket"> & { readonly port: number };

/** The service's host name on the network that it shares with the client. */
const SERVICE = "cred-proxy";

/** Returns a route's endpoint. */
export function endpointFor(
  route: RouteConfig,
  { bind, port, socket }: ListenAddress,
  { clientTokenEnv }: Pick<RouteTable, "clientTokenEnv">,
): Endpoint {
  // If the service listens on all addresses, the one that the client uses is unknown.
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
