import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { checkClientToken, tokenFiles, tokenName } from "../config/route/token.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { checkSettingNames } from "../config/settings/misspelt_settings.ts";
import { problemsOf } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { printError, printProblems } from "../log/print.ts";
import { isMaskable, MIN_MASKED_BYTES } from "../mask/forms.ts";
import { folderOf } from "../permissions/permissions.ts";
import { openTokenSource } from "../tokens/open_token_source.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { type Command, EXIT } from "./command.ts";

/**
 * Validates the configuration and prints a summary, one line per route. An unset token is reported, but is an error only
 * with `--strict`: a table may be checked on a machine without its secrets.
 */
export const check: Command = async ([file], options) => {
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
  let unset = 0;
  for (const route of table.routes) {
    const { current } = openTokenSource(route, stores);
    if (current === undefined) unset++;
    console.log(`  ${routeText(route, current)}`);
  }
  for (const problem of checkClientToken(table, tokens.value)) {
    unset++;
    console.log(`  ${problem.path}, the client token, UNSET: serve will refuse to start`);
  }
  printProblems(checkSettingNames(variableNames()));
  if (unset === 0 || !options.has("--strict")) return EXIT.ok;
  printError(`${unset} token(s) unset, which --strict does not allow`);
  return EXIT.configuration;
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

/** Returns the names of all variables, or none without the permission to list them. */
function variableNames(): readonly string[] {
  try {
    return Object.keys(Deno.env.toObject());
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return [];
    throw error;
  }
}
