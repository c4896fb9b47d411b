import type { RouteConfig, RouteTable } from "../config/route/route_config.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { endpointFor, type ListenAddress } from "./clients/endpoint.ts";
import type { SettingsFile } from "./clients/recipe.ts";
import { recipesFor } from "./recipes_for.ts";

/**
 * Returns lines of a shell script that write the settings of clients which read no variable, into the home of a sandbox, and
 * over nothing that is there. If several routes want a file, the first gets it.
 */
export function clientFiles(
  routes: readonly RouteConfig[],
  listen: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string {
  const files = new Map<string, SettingsFile>();
  for (const route of routes) {
    const endpoint = endpointFor(route, listen, table);
    for (const file of recipesFor(route).flatMap((recipe) => recipe(endpoint).files ?? [])) {
      if (!files.has(file.path)) files.set(file.path, file);
    }
  }
  return [...files.values()].map(({ path, content }) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    return `[ -e ~/${path} ] || { mkdir -p ~/${folder} && printf '%s\\n' ${
      shellQuote(content)
    } >~/${path}; }`;
  }).join("\n");
}
