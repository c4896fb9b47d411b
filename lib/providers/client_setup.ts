import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { recipesFor } from "./recipes_for.ts";
import { endpointFor, type ListenAddress } from "./endpoint.ts";

/**
 * The lines that point clients at routes, to be given to a shell: what is for people stands in comments.
 *
 * @param routes Those of the table that are asked for.
 */
export function clientSetup(
  routes: readonly RouteConfig[],
  place: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string {
  const blocks = routes.map((route) => adviseOn(route, place, table));
  if (table.clientTokenEnv !== undefined) {
    blocks.unshift([
      `# The key is the client token: ${table.clientTokenEnv} must be set where the client runs`,
    ]);
  }
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function adviseOn(
  route: RouteConfig,
  place: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string[] {
  const way = endpointFor(route, place, table);
  const advice = recipesFor(route).map((client) => client(way));
  return [
    `# ${routeName(route)} → ${upstreamText(route.upstream)}`,
    ...advice.flatMap(({ clients, lines }) => [`# ${clients}:`, ...lines]),
  ];
}
