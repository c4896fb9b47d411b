import { folderOf } from "../permissions/permissions.ts";
import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { checkClientToken, tokenFiles, tokenName } from "../config/route/token.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import type { Secret } from "../core/secret.ts";
import { openTokenSource } from "../tokens/open_token_source.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { isMaskable, LEAST_MASKED } from "../mask/forms.ts";
import { type Command, EXIT } from "./command.ts";
import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { printProblems } from "../log/print.ts";

/**
 * Judge the configuration and say what it means, a line a route. An unset token is told, but is no fault: the table may
 * be checked where the secrets are not.
 */
export const check: Command = async ([file]) => {
  const configuration = await loadConfiguration(file);
  const tokens = configuration.ok ? loadTokens(configuration.value.table) : configuration;
  if (!configuration.ok || !tokens.ok) {
    printProblems(tokens.ok ? [] : tokens.problems);
    return EXIT.configuration;
  }
  const { settings, table } = configuration.value;
  const files = await TokenFiles.open(folderOf(file ?? settings.routesPath), tokenFiles(table));
  if (!files.ok) {
    printProblems(files.problems);
    return EXIT.configuration;
  }
  const client = table.clientTokenEnv === undefined
    ? ""
    : `, each asks for the client token ${table.clientTokenEnv}`;
  console.log(`${file ?? settings.routesPath}: ${table.routes.length} route(s)${client}`);
  for (const route of table.routes) {
    console.log(
      `  ${describe(route, openTokenSource(route, { tokens: tokens.value, files: files.value }).current)}`,
    );
  }
  for (const { path: place } of checkClientToken(table, tokens.value)) {
    console.log(`  ${place}, the client token, UNSET: serve will refuse to start`);
  }
  return EXIT.ok;
};

function describe(route: RouteConfig, token: Secret | undefined): string {
  return `${routeName(route)} → ${upstreamText(route.upstream)}, ${tokenName(route)} ${
    stateOf(route, token)
  }`;
}

function stateOf(route: RouteConfig, token: Secret | undefined): string {
  if (token === undefined) return "UNSET: this route will answer 500";
  if (!route.scrub) return "set; NOT MASKED in replies: scrub is false";
  if (!isMaskable(token)) return `set; NOT MASKED in replies: it has under ${LEAST_MASKED} bytes`;
  return "set";
}
