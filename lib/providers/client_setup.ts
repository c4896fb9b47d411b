import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { endpointFor, type ListenAddress } from "./clients/endpoint.ts";
import { scriptLine } from "./clients/recipe.ts";
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
  const note = keyNote(table);
  if (note !== undefined) blocks.unshift([note]);
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

/** Returns a comment about the clients' key, if they need one. */
export function keyNote({ clientTokenEnv }: Pick<RouteTable, "clientTokenEnv">): string | undefined {
  if (clientTokenEnv === undefined) return undefined;
  return `# The key is the client token: set ${clientTokenEnv} where the client runs`;
}

/** Returns the comment that begins the lines of a route. */
export function routeTitle(route: RouteConfig): string {
  return `# ${routeName(route)} → ${upstreamText(route.upstream)}`;
}

function routeSetup(
  route: RouteConfig,
  listen: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string[] {
  const endpoint = endpointFor(route, listen, table);
  if (route.anonymous) {
    return [routeTitle(route), "# Other routes redirect to it: no client is pointed at it"];
  }
  const setups = recipesFor(route).map((recipe) => recipe(endpoint));
  return [
    routeTitle(route),
    ...setups.flatMap(({ clients, lines }) => [`# ${clients}:`, ...lines.map(scriptLine)]),
  ];
}

/** The variable with the client token, where each client has a token of its own. */
const OWN_TOKEN = "CLIENT_TOKEN";

/** Returns the variable in which a client has its key; undefined if none is required. */
export function keyVariable(
  { clientTokenEnv, clients }: Pick<RouteTable, "clientTokenEnv" | "clients">,
): string | undefined {
  return clients.length > 0 ? OWN_TOKEN : clientTokenEnv;
}
