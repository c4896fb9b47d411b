import { loadSettings, loadTable } from "../config/load/load.ts";
import { tokenPlaceText } from "../config/load/token_place.ts";
import { routeName, type RouteTable } from "../config/route/route_config.ts";
import { SESSION_TOKEN, tableOfSession } from "../config/route/session_token.ts";
import { tokenVariables } from "../config/route/token.ts";
import { SETTING_VARIABLES, type Settings } from "../config/settings/settings.ts";
import { fail, failAll, ok, problem, problemsOf, type Result } from "../core/result.ts";
import { printError, printLine, printProblems } from "../log/print.ts";
import { requiredGrants } from "../permissions/permissions.ts";
import { clientFiles } from "../providers/client_files.ts";
import type { ListenAddress } from "../providers/clients/endpoint.ts";
import { clientVariables } from "../providers/client_variables.ts";
import { bubblewrapArguments, INSIDE, type View } from "../sandbox/bubblewrap.ts";
import type { GitFolders } from "../sandbox/git_folders.ts";
import { describeChanged, LIST_CHANGED, plantedFiles } from "../sandbox/left_behind.ts";
import {
  ENTER,
  ENTER_WITHOUT_SANDBOX,
  PREPARE_GIT,
  REMOVE_PLANTED,
  SIGNAL_COMMAND,
  START_BUBBLEWRAP,
  STOP_SERVICE,
} from "../sandbox/scripts.ts";
import { expectedMounts, parseMounts } from "../sandbox/mounts.ts";
import { seccompFilter } from "../sandbox/seccomp_filter.ts";
import { sessionSummary } from "../sandbox/session_summary.ts";
import { realPath, viewFor } from "../sandbox/view.ts";
import { type Command, EXIT } from "./command.ts";
import { parseRunArguments, type RunArguments } from "./run_arguments.ts";

/** The port of the relay, on a loopback interface that nobody else has. */
const PORT = 9099;

/** How long the service may take to start, in milliseconds. */
const START_MS = 15_000;

/** The variables that the launcher sets for this verb, besides the settings. */
const LAUNCHERS = [
  "LAUNCHED_SESSION",
  "LAUNCHED_SERVICE",
  "LAUNCHED_FILES",
  "LAUNCHED_PATH",
  "LAUNCHED_KEEP",
  "LAUNCHED_RECORD",
  "LAUNCHED_AS",
  "LAUNCHED_VARIABLES",
  "DENO_NO_UPDATE_CHECK",
  "DENO_USE_WRITEV",
  "DENO_DIR",
];

/** How long a command may go on after its terminal has closed, in milliseconds. */
const HANG_UP_MS = 5000;

/** Turns off colours and all else that changes how text looks, and line drawing; and shows the cursor (ECMA-48, DEC private modes). */
const PLAIN_TEXT = "\x1b[0m\x1b(B\x0f\x1b[?25h";

/** What the launcher has prepared: it has started the service, and then dropped the variables with tokens. */
interface Session {
  /** A folder of this user's alone, for the socket and the log. */
  readonly folder: string;
  /** The process of the service. */
  readonly service: string;
  /** The files from which variables were loaded. */
  readonly files: readonly string[];
  /** The PATH of the command. This process has another one, without the current folder. */
  readonly path: string;
  /** The names of the variables that the command gets, apart from those of the clients. */
  readonly keep: readonly string[];
  /** The file with the folders that commands were allowed to change; undefined: it can't be written. */
  readonly record: string | undefined;
  /** What to do about unset tokens; undefined: nothing is known. */
  readonly tokenPlace: string | undefined;
  /** What this program and its runtime consist of, and the runtime's cache of compiled modules. */
  readonly program: readonly string[];
}

/**
 * Runs a command behind the proxy, in a sandbox: starts it, passes signals and its exit status on, and sums up what it asked. This
 * process holds no token.
 */
export const run: Command = async (args) => {
  const parsed = parseRunArguments(args);
  if (!parsed.ok) {
    printProblems(parsed.problems);
    return EXIT.usage;
  }
  const session = sessionOf();
  if (session === undefined) {
    printError("run needs the launcher: bin/cred-proxy run -- COMMAND");
    return EXIT.usage;
  }
  try {
    return await runIn(session, parsed.value);
  } finally {
    await shell(STOP_SERVICE, [session.service]);
    await Deno.remove(session.folder, { recursive: true });
  }
};

function sessionOf(): Session | undefined {
  const folder = Deno.env.get("LAUNCHED_SESSION");
  const service = Deno.env.get("LAUNCHED_SERVICE");
  if (folder === undefined || service === undefined) return undefined;
  const files = (Deno.env.get("LAUNCHED_FILES") ?? "").split("\n").filter((path) => path !== "");
  const path = Deno.env.get("LAUNCHED_PATH") ?? "";
  const keep = (Deno.env.get("LAUNCHED_KEEP") ?? "").split(" ");
  const cache = Deno.env.get("DENO_DIR") ??
    `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/deno`;
  const program = [`${import.meta.dirname}/../..`, Deno.execPath(), cache];
  const record = Deno.env.get("LAUNCHED_RECORD") || undefined;
  const tokenPlace = tokenPlaceText();
  return { folder, service, files, path, keep, record, tokenPlace, program: program.map(realPath) };
}

async function runIn(session: Session, args: RunArguments): Promise<number> {
  const settings = loadSettings("serve");
  const table = settings.ok ? await loadTable(settings.value.routesPath) : settings;
  if (!settings.ok || !table.ok) {
    printProblems(table.ok ? [] : table.problems);
    return EXIT.configuration;
  }
  // What the launcher needed is not for the command.
  const settingNames = SETTING_VARIABLES.filter((name) => name !== SESSION_TOKEN);
  for (const name of [...LAUNCHERS, ...settingNames]) Deno.env.delete(name);
  const listening = await waitForService(session);
  if (listening === undefined) return EXIT.configuration;

  const served = tableOfSession(table.value);
  if (!args.sandbox) await printComplaints(session);
  const started = args.sandbox
    ? await startSandboxed(session, args, { settings: settings.value, table: served })
    : ok({ child: startUnconfined(args, variablesFor(served, listening), session.path), git: undefined });
  if (!started.ok) {
    printProblems(started.problems);
    return EXIT.configuration;
  }
  const { child, git } = started.value;
  const said = await complaintsOf(session);
  const status = await statusOf(child, args.sandbox);
  await shell(STOP_SERVICE, [session.service]);
  // The command may have left the terminal with attributes that hide what follows.
  if (Deno.stderr.isTerminal()) await Deno.stderr.write(new TextEncoder().encode(PLAIN_TEXT));
  await sumUp(session, said.length);
  if (git !== undefined) await lookAfter(session, git);
  return status;
}

/** Waits until the service listens, and returns the port that the command has to use; prints what it says if it ends instead. */
async function waitForService({ folder, service }: Session): Promise<number | undefined> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const text = await Deno.readTextFile(`${folder}/errors`).catch(() => "");
    const listening = /^cred-proxy listening on \S+?(?::(\d+))?; \d+ route/m.exec(text);
    if (listening !== null) return Number(listening[1] ?? PORT);
    if (!await shell('kill -0 "$1" 2>/dev/null && ! grep -q \'^State:.Z\' "/proc/$1/status"', [service])) {
      printLine((await Deno.readTextFile(`${folder}/errors`)).trimEnd());
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  printError(`the service has not started within ${START_MS / 1000} seconds`);
  return undefined;
}

/** What the service of this session serves. */
interface Served {
  readonly settings: Settings;
  readonly table: RouteTable;
}

/** A command that runs, with the repository of its project; undefined: it has no sandbox. */
interface Started {
  readonly child: Deno.ChildProcess;
  readonly git: GitFolders | undefined;
}

async function startSandboxed(
  session: Session,
  args: RunArguments,
  { settings, table }: Served,
): Promise<Result<Started>> {
  const filter = seccompFilter(Deno.build.arch);
  if (filter === undefined) {
    return fail("run", "invalid_choice", `has no sandbox for this processor (${Deno.build.arch})`);
  }
  const { command, env } = args;
  const request = {
    project: Deno.cwd(),
    home: Deno.env.get("HOME"),
    searchPath: session.path,
    command: command[0] ?? "",
    keptHome: args.home,
    read: args.read,
    write: args.write,
    secrets: secretPaths(session, settings, table),
    program: session.program,
    proxy: {
      socket: `${session.folder}/proxy.sock`,
      runtime: Deno.execPath(),
      relay: realPath(`${import.meta.dirname}/../sandbox/relay.ts`),
    },
  };
  const held = env.filter((name) => tokenVariables(table).includes(name));
  const problems = [
    ...problemsOf(viewFor(request)),
    ...held.map((name) => problem("--env", "conflict", `${name} holds a token`)),
  ];
  if (problems.length > 0) return failAll(problems);
  // Only now: a folder in which nothing is started stays as it is.
  await shell(PREPARE_GIT, []);
  const found = viewFor(request);
  if (!found.ok) return found;

  await Deno.writeFile(`${session.folder}/filter`, filter);
  const { view, git, table: own } = found.value;
  await recordChanged(session, view);
  const mounts = parseMounts(await outputOf("cat /proc/self/mountinfo", []));
  const changed = git.isElsewhere ? `${view.project} and its repository ${git.folder}` : view.project;
  const names = table.routes.map(routeName).join(", ");
  printError(
    `${
      command[0]
    } runs in a sandbox: it may change ${changed}, and reaches ${names} of ${settings.routesPath}`,
  );
  if (own.guarded.length > 0) {
    const hidden = own.hidden.length === 0 ? "" : ", nor read its .env";
    printError(`the project has a table: ${command[0]} may not change conf/routes.json${hidden}`);
  }
  for (const link of git.links) {
    printError(`${link} of the repository is a link: what git runs there may be the command's to change`);
  }
  const lines = [
    await gitIdentity(),
    variablesFor(table, PORT),
    clientFiles(table.routes, listenAddress(PORT), table),
  ];
  await printComplaints(session);
  const kept = Object.entries(Deno.env.toObject())
    .filter(([name]) => session.keep.includes(name) || name === SESSION_TOKEN);
  const child = spawn([
    ...[START_BUBBLEWRAP, "sh", `${session.folder}/filter`],
    ...bubblewrapArguments(view),
    ...["--", "sh", "-c", ENTER, "sh", expectedMounts(view, mounts).join("\n")],
    ...[INSIDE.runtime, INSIDE.relay, `${PORT}`, INSIDE.socket],
    ...[lines.join("\n"), session.path, ...command],
  ], { clearEnv: true, env: Object.fromEntries(kept) });
  return ok({ child, git });
}

/**
 * Notes the folders that the command may change, for the launcher: a table that it finds there later, unnamed, may be the command's
 * work. Without that note nothing is started.
 */
async function recordChanged({ record }: Session, { project, keptHome, write }: View): Promise<void> {
  if (record === undefined) return;
  const noted = new Set((await Deno.readTextFile(record).catch(() => "")).split("\n"));
  const folders = [project, ...write, ...keptHome === undefined ? [] : [keptHome]];
  const lines = folders.filter((folder) => !noted.has(folder)).map((folder) => `${folder}\n`);
  if (lines.length === 0) return;
  await Deno.writeTextFile(record, lines.join(""), { append: true, mode: 0o600 });
}

/** Where tokens lie, which the command must not see, nor change what is done with them. */
function secretPaths(
  { folder, files, record }: Session,
  settings: Settings,
  table: RouteTable,
): readonly string[] {
  const { read, write } = requiredGrants(settings, table);
  const harmless = [settings.caFile, settings.socket, `${folder}/proxy.sock`];
  return [
    ...[...read, ...write].filter((path) => !harmless.includes(path)),
    ...files,
    ...(record === undefined ? [] : [record]),
    folder,
  ].map(realPath);
}

function startUnconfined({ command }: RunArguments, variables: string, path: string): Deno.ChildProcess {
  printError(
    `--no-sandbox: ${
      command[0]
    } runs as you. It can read the tokens from the service's memory and every file of yours, and ` +
      "reach any host: nothing keeps the keys from it but its own good behaviour",
  );
  return spawn([ENTER_WITHOUT_SANDBOX, "sh", variables, path, ...command]);
}

function variablesFor(table: RouteTable, port: number): string {
  return clientVariables(table.routes, listenAddress(port), table);
}

function listenAddress(port: number): ListenAddress {
  return { bind: "127.0.0.1", port, socket: undefined };
}

function spawn(
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "env" | "clearEnv"> = {},
): Deno.ChildProcess {
  return new Deno.Command("sh", {
    ...options,
    args: ["-c", ...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

/** Waits for the command, passing signals on, and returns its exit status as a shell does. */
async function statusOf(child: Deno.ChildProcess, sandbox: boolean): Promise<number> {
  // The terminal signals the command itself. This process must live until the command has ended.
  for (const name of ["SIGINT", "SIGQUIT"] as const) Deno.addSignalListener(name, () => {});
  let hangUp: ReturnType<typeof setTimeout> | undefined;
  for (const name of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
    Deno.addSignalListener(name, () => {
      if (sandbox) shell(SIGNAL_COMMAND, [`${child.pid}`, name.slice("SIG".length)]);
      else child.kill(name);
      // Nobody sees any more what a command does whose terminal has closed.
      if (name === "SIGHUP") hangUp ??= setTimeout(() => child.kill("SIGKILL"), HANG_UP_MS);
    });
  }
  const { code } = await child.status;
  clearTimeout(hangUp);
  return code;
}

/** Runs a script, and returns whether it succeeds. */
async function shell(script: string, args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** Returns lines that set the user's name for git, whose settings lie in the home. */
async function gitIdentity(): Promise<string> {
  const lines: string[] = [];
  for (const key of ["name", "email"]) {
    const value = await new Deno.Command("sh", {
      args: ["-c", 'git config --global --get "user.$1"', "sh", key],
      stdin: "null",
      stderr: "null",
    }).output().then(({ stdout }) => new TextDecoder().decode(stdout).trim(), () => "");
    if (value === "") continue;
    const quoted = `'${value.replaceAll("'", "'\\''")}'`;
    for (const who of ["AUTHOR", "COMMITTER"]) lines.push(`export GIT_${who}_${key.toUpperCase()}=${quoted}`);
  }
  return lines.join("\n");
}

/** Returns the lines in which the service has complained so far. */
async function complaintsOf({ folder }: Session): Promise<readonly string[]> {
  return (await Deno.readTextFile(`${folder}/errors`)).split("\n").filter((
    line,
  ) =>
    line !== "" &&
    !/^cred-proxy(?::)? listening on |^cred-proxy: shutting down/.test(line)
  );
}

/** Prints what the service has complained of before the command starts, and what to do about unset tokens. */
async function printComplaints(session: Session): Promise<void> {
  const complaints = await complaintsOf(session);
  complaints.forEach(printLine);
  const { tokenPlace } = session;
  const isUnset = complaints.some((line) => /^cred-proxy: \w+ is unset or empty: /.test(line));
  if (isUnset && tokenPlace !== undefined) printError(tokenPlace);
}

/** Prints what was asked of the service, and what it has complained of since the command was started. */
async function sumUp(session: Session, said: number): Promise<void> {
  const complaints = (await complaintsOf(session)).slice(said);
  for (const line of complaints.slice(0, MOST_COMPLAINTS)) printLine(line);
  if (complaints.length > MOST_COMPLAINTS) {
    printError(
      `and ${complaints.length - MOST_COMPLAINTS} more lines like these`,
    );
  }
  const log = await Deno.readTextFile(`${session.folder}/log`);
  for (const line of sessionSummary(log)) printError(line);
}

/** How many of the service's lines are printed at the end. */
const MOST_COMPLAINTS = 10;

/** Removes what would have git take its settings from elsewhere, and names what else runs by itself. */
async function lookAfter({ folder }: Session, git: GitFolders): Promise<void> {
  const removed = await outputOf(REMOVE_PLANTED, plantedFiles(git));
  for (const path of removed.split("\n").filter((line) => line !== "")) {
    printError(
      `removed ${path}: git would have taken its settings and hooks from another folder`,
    );
  }
  const skipsOwn = git.folder === undefined || git.isElsewhere ? [] : ["skip"];
  const changed = describeChanged(
    await outputOf(LIST_CHANGED, [`${folder}/filter`, Deno.cwd(), ...skipsOwn]),
  );
  if (changed !== undefined) printError(changed);
}

async function outputOf(
  script: string,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...args],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
