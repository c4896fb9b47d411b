import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { endpointFor, type ListenAddress } from "./endpoint.ts";
import { recipesFor } from "./recipes_for.ts";

/**
 * Returns a commented shell script that points clients at routes.
 *
 * @param routes The routes to set up: all of the table, or some.
 */
export function clientSetup(
  routes: readonly RouteConfig[],
  listen: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string {
  const blocks = routes.map((route) => routeSetup(route, listen, table));
  if (table.clientTokenEnv !== undefined) {
    blocks.unshift([
      `# The key is the client token: set ${table.clientTokenEnv} where the client runs`,
    ]);
  }
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function routeSetup(
  route: RouteConfig,
  listen: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string[] {
  const endpoint = endpointFor(route, listen, table);
  const setups = recipesFor(route).map((recipe) => recipe(endpoint));
  return [
    `# ${routeName(route)} → ${upstreamText(route.upstream)}`,
    ...setups.flatMap(({ clients, lines }) => [`# ${clients}:`, ...lines]),
  ];
}
