import { type ClientParts, loadClients } from "../clients/load_clients.ts";
import { loadConfiguration, loadTokens } from "../config/load/load.ts";
import { routeName, routesWithTokens, type RouteTable } from "../config/route/route_config.ts";
import { checkClientToken, tokenFiles, unsetText } from "../config/route/token.ts";
import type { Settings } from "../config/settings/settings.ts";
import { hostPort } from "../http/host.ts";
import { printError, printLine, printProblems } from "../log/print.ts";
import { checkGrants, revokeAfterStart } from "../permissions/grants.ts";
import { folderOf, requiredGrants, rightCommand, stateFolder } from "../permissions/permissions.ts";
import { hangUpStops, onSighup } from "../server/on_sighup.ts";
import { openOutputs } from "../server/outputs.ts";
import { type Server, startServer } from "../server/server.ts";
import { stopSignals } from "../server/stop_signals.ts";
import { MintedTokens } from "../tokens/minted_tokens.ts";
import { openTokenSource, type TokenStores } from "../tokens/open_token_source.ts";
import { TokenFiles } from "../tokens/token_files.ts";
import { type Command, EXIT } from "./command.ts";
import { issuerOptions } from "./issuer_options.ts";

/** Serves until it receives a signal to stop. Refuses to start if the configuration or the permissions are invalid. */
export const serve: Command = async () => {
  // Before anything else: the first process of a container ignores signals that it has no handler for.
  const stop = stopSignals();
  const hangUps = onSighup();
  const configuration = await loadConfiguration();
  if (!configuration.ok) {
    printProblems(configuration.problems);
    return EXIT.configuration;
  }
  const { settings, table, ca } = configuration.value;

  const grants = requiredGrants(settings, table);
  const problems = await checkGrants(grants);
  if (problems.length > 0) {
    printProblems(problems);
    printError(`start the service with: ${rightCommand(grants)}`);
    return EXIT.configuration;
  }

  const tokens = loadTokens(table);
  const missing = tokens.ok ? checkClientToken(table, tokens.value) : [];
  if (!tokens.ok || missing.length > 0) {
    printProblems(tokens.ok ? missing : tokens.problems);
    return EXIT.configuration;
  }

  const clients = await loadClients(table);
  const files = await TokenFiles.open(folderOf(settings.routesPath), tokenFiles(table), {
    guard: clients && new clients.TokenClashes(table, tokens.value),
  });
  if (!files.ok) {
    printProblems(files.problems);
    return EXIT.configuration;
  }
  const read = { tokens: tokens.value, files: files.value };
  const minted = await MintedTokens.open(
    table,
    { ...issuerOptions(configuration.value), report: printError },
    read,
  );
  const stores: TokenStores = { ...read, minted };
  const state = stateFolder(settings, table);
  const folderProblems = [
    ...await clients?.checkKeyFiles(table, folderOf(settings.routesPath)) ?? [],
    ...state === undefined ? [] : await (await import("../tokens/state_file.ts")).checkStateFolder(state),
  ];
  if (folderProblems.length > 0) {
    printProblems(folderProblems);
    return EXIT.configuration;
  }

  const outputs = openOutputs(settings);
  let server: Server;
  try {
    server = await startServer({
      settings,
      table,
      caCerts: ca === undefined ? [] : [ca],
      ...stores,
      ...outputs,
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    const { listenProblem } = await import("./listen_problem.ts");
    printError(listenProblem(settings, error));
    return EXIT.configuration;
  }
  await revokeAfterStart(settings);
  // Before the line that `run` waits for, so that it has them to print before its command starts.
  warnOfUnsetTokens(table, stores, clients);
  announce(server, settings, table);
  const stops = hangUpStops(settings);
  if (stops) hangUps.first.then(stop.stop);
  const reloadRequested = () => !stops && hangUps.received();
  const { afterAnnouncement } = await import("./after_announcement.ts");
  await afterAnnouncement({ ...configuration.value, server, stores, reloadRequested });

  await stop.first;
  printError("shutting down: draining requests in flight; signal again to abort");
  await Promise.race([server.drain(), stop.second]);
  await outputs.flushed();
  return EXIT.ok;
};

function announce(server: Server, { socket }: Settings, table: RouteTable): void {
  const names = table.routes.map(routeName);
  printLine(
    `cred-proxy listening on ${
      server.address === undefined ? socket : addressText(server.address)
    }; ${names.length} route(s): ${names.join(", ")}`,
  );
  if (socket !== undefined && server.address !== undefined) printError(`listening on ${socket} as well`);
  if (server.adminAddress !== undefined) {
    printError(`operator's listener on ${addressText(server.adminAddress)}`);
  }
}

function warnOfUnsetTokens(table: RouteTable, stores: TokenStores, clients: ClientParts | undefined): void {
  for (const route of routesWithTokens(table)) {
    const source = openTokenSource(route, stores);
    const missing = source.missing?.() ??
      (source.current === undefined ? [`${source.describe()} ${unsetText(route)}`] : []);
    for (const each of missing) printError(`${each}: ${routeName(route)} responds with 500`);
  }
  for (const client of table.clients) {
    const unset = clients?.unsetClientText(client, stores);
    if (unset === undefined) continue;
    printError(`${clients?.proofText(client)} ${unset}: the client ${client.name} can't authenticate`);
  }
}

function addressText({ hostname, port }: Deno.NetAddr): string {
  return hostPort(hostname, port);
}
