import { proofText, unsetClientText } from "../clients/client_tokens.ts";
import { TokenClashes } from "../clients/token_clashes.ts";
import { checkKeyFiles } from "../clients/open_issuers.ts";
import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { tokenPlaceText } from "../config/load/token_place.ts";
import { type ClientConfig, type RouteConfig, routeName } from "../config/route/route_config.ts";
import { secretName } from "../config/route/secret_ref.ts";
import {
  checkClientToken,
  secretRefs,
  tokenFiles,
  tokenName,
  tokenVariables,
} from "../config/route/token.ts";
import { rotates } from "../config/route/token_from.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { checkSettingNames } from "../config/settings/misspelt_settings.ts";
import type { Settings } from "../config/settings/settings.ts";
import { problemsOf } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { printError, printProblems } from "../log/print.ts";
import { hasUnmaskedPassword } from "../credentials/exposed_secrets.ts";
import { isMaskable, MIN_MASKED_BYTES } from "../mask/forms.ts";
import { folderOf } from "../permissions/permissions.ts";
import { MintedTokens } from "../tokens/minted_tokens.ts";
import { openTokenSource } from "../tokens/open_token_source.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { type Command, EXIT } from "./command.ts";
import { issuerOptions } from "./issuer_options.ts";
import { routeWarnings } from "./route_warnings.ts";

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
  const { settings, table, ca } = configuration.value;
  const path = file ?? settings.routesPath;
  const guard = new TokenClashes(table, tokens.value);
  const files = await TokenFiles.open(folderOf(path), tokenFiles(table), { guard });
  const stores = files.ok ? { tokens: tokens.value, files: files.value } : undefined;
  const problems = [
    ...problemsOf(files),
    ...await checkKeyFiles(table, folderOf(path)),
  ];
  if (stores === undefined || problems.length > 0) {
    printProblems(problems);
    return EXIT.configuration;
  }
  const client = table.clientTokenEnv === undefined
    ? ""
    : `, each requires the client token ${table.clientTokenEnv}`;
  const clients = table.clients.length === 0 ? "" : `, ${table.clients.length} client(s)`;
  console.log(`${path}: ${table.routes.length} route(s)${clients}${client}`);
  const minted = await MintedTokens.open(
    table,
    { ...issuerOptions(configuration.value), report: printError },
    stores,
  );
  let unset = 0;
  function tokenText(route: RouteConfig): string {
    const source = openTokenSource(route, { ...stores!, minted });
    if (source.missing === undefined ? source.current === undefined : source.missing().length > 0) unset++;
    const state = route.tokenFrom === undefined
      ? tokenState(route, source.current)
      : mintState(route, source);
    const { signWith, anonymous } = route;
    if (anonymous) return tokenName(route);
    const signed = signWith === undefined ? "" : `signed for ${signWith.service} in ${signWith.region} by `;
    return `${signed}${tokenName(route)} ${state}`;
  }
  for (const route of table.routes) {
    console.log(`  ${routeName(route)} → ${upstreamText(route.upstream)}, ${tokenText(route)}`);
    const state = stateText(route, settings);
    if (state !== undefined) console.log(`    ${state}`);
  }
  for (const each of table.clients) {
    const text = unsetClientText(each, stores);
    if (text !== undefined) unset++;
    console.log(`  ${clientText(each, text)}`);
    for (const [name, { config, hasOwnToken }] of each.routes ?? []) {
      if (hasOwnToken) console.log(`    ${name}: ${tokenText(config)}`);
    }
  }
  for (const problem of checkClientToken(table, tokens.value)) {
    unset++;
    console.log(`  ${problem.path}, the client token, UNSET: serve will refuse to start`);
  }
  const tokenPlace = tokenPlaceText();
  const isVariableUnset = tokenVariables(table).some((name) => !tokens.value.has(name));
  if (unset > 0 && isVariableUnset && tokenPlace !== undefined) console.log(`  ${tokenPlace}`);
  routeWarnings(table.routes, { ...stores, minted }, ca).forEach(printError);
  printProblems(checkSettingNames(variableNames()));
  if (unset === 0 || !options.has("--strict")) return EXIT.ok;
  printError(`${unset} token(s) unset, which --strict does not allow`);
  return EXIT.configuration;
};

/** Returns where the secrets come from from which a token is minted, and what is not set. */
function mintState(route: RouteConfig, source: TokenSource): string {
  const from = secretRefs(route).map(secretName).join(", ");
  const missing = source.missing?.() ?? [];
  const unset = missing.length === 0
    ? ""
    : `; UNSET: ${missing.join(", ")}: this route will respond with 500`;
  return `with ${from}${unset}${route.scrub ? "" : "; NOT MASKED in responses: scrub is false"}`;
}

/** Returns what a restart does to a refresh token that rotates. */
function stateText({ tokenFrom }: RouteConfig, { state }: Pick<Settings, "state">): string | undefined {
  if (tokenFrom === undefined || !rotates(tokenFrom)) return undefined;
  if (state !== undefined) return `a new refresh token is kept in ${state}`;
  return "a new refresh token is kept in memory only: if the issuer replaces it, a restart loses it and somebody has to log in again; set CRED_PROXY_STATE to a folder";
}

function clientText(client: ClientConfig, unset: string | undefined): string {
  const { name, routes, expires } = client;
  const state = unset === undefined
    ? ""
    : client.proof.kind === "env"
    ? " UNSET: it can't authenticate"
    : ` ${unset}: it can't authenticate`;
  const until = expires === undefined ? [] : [
    `${expires <= Date.now() ? "EXPIRED at" : "expires at"} ${new Date(expires).toISOString()}`,
  ];
  const used = routes === undefined ? "all routes" : [...routes.keys()].join(" ");
  return [`client ${name}: ${proofText(client)}${state}`, used, ...until].join(", ");
}

function tokenState(route: RouteConfig, token: Secret | undefined): string {
  if (token === undefined) return "UNSET: this route will respond with 500";
  if (!route.scrub) return "set; NOT MASKED in responses: scrub is false";
  if (!isMaskable(token)) return `set; NOT MASKED in responses: it is shorter than ${MIN_MASKED_BYTES} bytes`;
  if (hasUnmaskedPassword(route, token)) {
    return `set; its password alone is NOT MASKED in responses: it is shorter than ${MIN_MASKED_BYTES} bytes`;
  }
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
