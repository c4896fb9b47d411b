import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { checkClientToken, tokenFiles, tokenName } from "../config/route/token.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { problemsOf } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { printProblems } from "../log/print.ts";
import { isMaskable, MIN_MASKED_BYTES } from "../mask/forms.ts";
import { folderOf } from "../permissions/permissions.ts";
import { openTokenSource } from "../tokens/open_token_source.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { type Command, EXIT } from "./command.ts";

/**
 * Validates the configuration and prints a summary, one line per route. An unset token is reported, but is not an error:
 * a table may be checked on a machine without its secrets.
 */
export const check: Command = async ([file]) => {
  const configuration = await loadConfiguration(file);
  const tokens = configuration.ok ? loadTokens(configuration.value.table) : configuration;
  if (!configuration.ok || !tokens.ok) {
    printProblems(problemsOf(tokens));
    return EXIT.configuration;
  }
  const { settings, table } = configuration.value;
  const path = file ?? settings.routesPath;
  const files = await TokenFiles.open(folderOf(path), tokenFiles(table));
  if (!files.ok) {
    printProblems(files.problems);
    return EXIT.configuration;
  }
  const client = table.clientTokenEnv === undefined
    ? ""
    : `, each requires the client token ${table.clientTokenEnv}`;
  console.log(`${path}: ${table.routes.length} route(s)${client}`);
  const stores = { tokens: tokens.value, files: files.value };
  for (const route of table.routes) {
    console.log(`  ${routeText(route, openTokenSource(route, stores).current)}`);
  }
  for (const problem of checkClientToken(table, tokens.value)) {
    console.log(`  ${problem.path}, the client token, UNSET: serve will refuse to start`);
  }
  return EXIT.ok;
};

function routeText(route: RouteConfig, token: Secret | undefined): string {
  const upstream = upstreamText(route.upstream);
  return `${routeName(route)} → ${upstream}, ${tokenName(route)} ${tokenState(route, token)}`;
}

function tokenState(route: RouteConfig, token: Secret | undefined): string {
  if (token === undefined) return "UNSET: this route will respond with 500";
  if (!route.scrub) return "set; NOT MASKED in responses: scrub is false";
  if (!isMaskable(token)) return `set; NOT MASKED in responses: it is shorter than ${MIN_MASKED_BYTES} bytes`;
  return "set";
}
