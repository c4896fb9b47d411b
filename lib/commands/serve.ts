import { checkGrants, revokeAfterStart } from "../permissions/grants.ts";
import { folderOf, requiredGrants, rightCommand } from "../permissions/permissions.ts";
import { hostPort } from "../http/host.ts";
import type { Settings } from "../config/settings/settings.ts";
import { routeName } from "../config/route/route_config.ts";
import { checkClientToken, tokenFiles, tokenName, type Tokens, unsetText } from "../config/route/token.ts";
import { failureSink } from "../log/failure_sink.ts";
import { jsonLine } from "../log/json_line.ts";
import { readableLine } from "../log/readable_line.ts";
import type { Sink } from "../log/request_log.ts";
import { LineWriter } from "../core/line_writer.ts";
import { type Server, startServer } from "../server/server.ts";
import { TokenFiles, tokenSource } from "../tokens/token_files.ts";
import { type Command, EXIT } from "./command.ts";
import { watchConfig } from "../server/watch_config.ts";
import { type Configuration, loadConfiguration, loadTokens } from "../config/load/load.ts";
import { printError, printProblems } from "../log/print.ts";

/** Serve until a signal says to stop. Anything wrong with the configuration or the grants stops the start. */
export const serve: Command = async () => {
  // First of all: a container's first process ignores a signal that it has no handler for.
  const stop = stopSignals();
  const hungUp = hangUps();
  const configuration = await loadConfiguration();
  if (!configuration.ok) {
    printProblems(configuration.problems);
    return EXIT.configuration;
  }
  const { settings, table, tableState, ca } = configuration.value;

  const grants = requiredGrants(settings, table);
  const faults = await checkGrants(grants);
  if (faults.length > 0) {
    printProblems(faults);
    printError(`the right command is: ${rightCommand(grants)}`);
    return EXIT.configuration;
  }

  const tokens = loadTokens(table);
  const missing = tokens.ok ? checkClientToken(table, tokens.value) : [];
  if (!tokens.ok || missing.length > 0) {
    printProblems(tokens.ok ? missing : tokens.problems);
    return EXIT.configuration;
  }

  const files = await TokenFiles.open(folderOf(settings.routesPath), tokenFiles(table));
  if (!files.ok) {
    printProblems(files.problems);
    return EXIT.configuration;
  }

  const outputs = openOutputs(settings);
  let serving: Server;
  try {
    serving = startServer({
      settings,
      table,
      tokens: tokens.value,
      files: files.value,
      caCerts: ca === undefined ? [] : [ca],
      ...outputs,
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    const { bind, port, socket, admin } = settings;
    const places = [hostPort(bind, port), socket, admin && hostPort(admin.host, admin.port)];
    printError(
      `can't listen on ${places.filter((place) => place !== undefined).join(" and ")}: ${error.message}`,
    );
    return EXIT.configuration;
  }
  await revokeAfterStart(settings);
  announce(serving, configuration.value, tokens.value, files.value);
  watchConfig({
    settings,
    table,
    tableState,
    tokens: tokens.value,
    files: files.value,
    serving,
    asked: hungUp,
  });

  await stop.first;
  printError("stopping: requests in flight may end; a second signal cuts them");
  await Promise.race([serving.drain(), stop.second]);
  await outputs.flushed();
  return EXIT.ok;
};

function announce(
  serving: Server,
  { settings, table }: Configuration,
  tokens: Tokens,
  files: TokenFiles,
): void {
  const names = table.routes.map(routeName);
  console.error(
    `cred-proxy listening on ${addressText(serving.address)}; ${names.length} route(s): ${names.join(", ")}`,
  );
  if (settings.socket !== undefined) printError(`listening on ${settings.socket} as well`);
  if (serving.adminAddress !== undefined) {
    printError(`operator's listener on ${addressText(serving.adminAddress)}`);
  }
  for (const route of table.routes) {
    if (tokenSource(route, tokens, files).current !== undefined) continue;
    printError(`${tokenName(route)} ${unsetText(route)}: ${routeName(route)} answers 500`);
  }
}

function addressText({ hostname, port }: Deno.NetAddr): string {
  return hostPort(hostname, port);
}

/** Where records go, as the settings say. */
function openOutputs(
  settings: Settings,
): { sinks: Sink[]; logsClient: boolean; flushed(): Promise<unknown> } {
  const stdout = new LineWriter(
    Deno.stdout,
    (lost) => JSON.stringify({ time: new Date().toISOString(), lost_lines: lost }),
  );
  const stderr = new LineWriter(
    Deno.stderr,
    (lost) => `cred-proxy: ${lost} line(s) came too fast to be written`,
  );
  const sinks: Sink[] = [];
  if (settings.log === "json") sinks.push((entry) => stdout.push(jsonLine(entry)));
  if (settings.debug) sinks.push((entry) => stderr.push(readableLine(entry)));
  // Whoever reads every line needs no second one for a failure.
  else sinks.push(failureSink((line) => stderr.push(`cred-proxy: ${line}`)));
  const logsClient = settings.log === "json";
  return { sinks, logsClient, flushed: () => Promise.all([stdout.flushed(), stderr.flushed()]) };
}

/** SIGTERM as containers and systemd send it, SIGINT as a terminal does. */
function stopSignals(): { first: Promise<void>; second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let signals = 0;
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(name, () => (++signals === 1 ? first : second).resolve());
  }
  return { first: first.promise, second: second.promise };
}

/** SIGHUP, by which daemons are asked to read their configuration again. Whether it has come since this was asked last. */
function hangUps(): () => boolean {
  let came = false;
  Deno.addSignalListener("SIGHUP", () => came = true);
  return () => {
    const asked = came;
    came = false;
    return asked;
  };
}
