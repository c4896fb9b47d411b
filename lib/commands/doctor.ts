import { RequestLimiters } from "../clients/request_limiter.ts";
import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import { tokenFiles } from "../config/route/token.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { printError, printProblems } from "../log/print.ts";
import { checkGrants } from "../permissions/grants.ts";
import { askingGrants, folderOf } from "../permissions/permissions.ts";
import { findRoute } from "../providers/find_route.ts";
import { openRouter } from "../proxy/router.ts";
import { MintedTokens } from "../tokens/minted_tokens.ts";
import { TokenHealths } from "../tokens/token_health.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { ConnectionCounts } from "../upstream/connection_counts.ts";
import { BufferBudget } from "../upstream/buffer_budget.ts";
import { Deadlines } from "../upstream/deadlines.ts";
import { askUpstream, type Verdict } from "./ask_upstream.ts";
import { type Command, EXIT } from "./command.ts";
import { issuerOptions } from "./issuer_options.ts";
import { routeWarnings } from "./route_warnings.ts";

/** How long an upstream may take to respond, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Asks the upstream of each route, or of the given one, whether it takes the token: with a request that changes nothing,
 * over the service's own transport. Exits with 0 if none refuses its token or can't be reached.
 */
export const doctor: Command = async ([name]) => {
  const configuration = await loadConfiguration();
  if (!configuration.ok) {
    printProblems(configuration.problems);
    return EXIT.configuration;
  }
  const { settings, table, ca } = configuration.value;
  const found = name === undefined ? undefined : findRoute(table.routes, name);
  if (found?.ok === false) {
    printProblems(found.problems);
    return EXIT.usage;
  }
  const missing = await checkGrants(askingGrants(settings, table));
  const tokens = loadTokens(table);
  const files = await TokenFiles.open(folderOf(settings.routesPath), tokenFiles(table));
  if (missing.length > 0 || !tokens.ok || !files.ok) {
    printProblems([...missing, ...tokens.ok ? [] : tokens.problems, ...files.ok ? [] : files.problems]);
    return EXIT.configuration;
  }
  const read = { tokens: tokens.value, files: files.value };
  const minted = await MintedTokens.open(
    table,
    { ...issuerOptions(configuration.value), report: printError },
    read,
  );
  const stores = { ...read, minted };
  const router = await openRouter(inLessTime(table), {
    ...stores,
    caCerts: ca === undefined ? [] : [ca],
    egress: settings.egress,
    hosts: settings.hosts,
    deadlines: new Deadlines(),
    budget: new BufferBudget(settings.bufferBytes),
    connectionCounts: () => new ConnectionCounts(),
    limiters: new RequestLimiters(),
    tokenHealths: new TokenHealths(() => {}),
    folder: folderOf(settings.routesPath),
    report: printError,
  });
  const routes = router.routes.filter(({ name }) => found === undefined || name === routeName(found.value));
  const verdicts = await Promise.all(routes.map(askUpstream));
  router.close();
  const width = Math.max(...routes.map((route) => titleOf(route.config).length));
  for (const [index, { config }] of routes.entries()) {
    console.log(`${titleOf(config).padEnd(width)}  ${verdicts[index]?.text}`);
  }
  routeWarnings(routes.map(({ config }) => config), stores, ca).forEach(printError);
  return verdicts.every(isGood) ? EXIT.ok : EXIT.unhealthy;
};

/** Returns a table whose upstreams may take less time, and that has no clients: nobody asks but this command. */
function inLessTime(table: RouteTable): RouteTable {
  const routes = table.routes.map((route) => ({
    ...route,
    responseTimeoutMs: Math.min(route.responseTimeoutMs, PATIENCE),
  }));
  return { ...table, routes, clients: [], issuers: [] };
}

function titleOf(route: RouteConfig): string {
  return `${routeName(route)} → ${upstreamText(route.upstream)}`;
}

function isGood({ kind }: Verdict): boolean {
  return kind === "taken" || kind === "unclear";
}
