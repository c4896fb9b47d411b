import type { Route } from "../config/route.ts";
import type { Tokens } from "../config/token.ts";
import { upstreamText } from "../config/upstream_url.ts";
import { type Command, EXIT } from "./command.ts";
import { loadConfiguration, loadTokens } from "./load.ts";
import { report } from "./report.ts";

/**
 * Judge the configuration and say what it means, a line a route. An unset token is told, but is no fault: the table may
 * be checked where the secrets are not.
 */
export const check: Command = async ([file]) => {
  const configuration = await loadConfiguration(file);
  const tokens = configuration.ok ? loadTokens(configuration.value.table) : configuration;
  if (!configuration.ok || !tokens.ok) {
    report(tokens.ok ? [] : tokens.problems);
    return EXIT.configuration;
  }
  const { settings, table } = configuration.value;
  console.log(`${file ?? settings.routesPath}: ${table.routes.length} route(s)`);
  for (const route of table.routes) console.log(`  ${describe(route, tokens.value)}`);
  return EXIT.ok;
};

function describe(route: Route, tokens: Tokens): string {
  const state = tokens.has(route.tokenEnv) ? "set" : "UNSET: this route will answer 500";
  return `${route.path} → ${upstreamText(route.upstream)}, ${route.tokenEnv} ${state}`;
}
