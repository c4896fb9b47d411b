import { readEnvironment } from "../config/load/environment.ts";
import { commandFor } from "../config/load/launched_as.ts";
import { readText } from "../config/load/read_text.ts";
import { parseEnvFile } from "../config/settings/env_file.ts";
import { fail, failAll, ok, type Problem, problemsOf, type Result } from "../core/result.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { printProblems } from "../log/print.ts";
import { type Choice, parseChoice } from "../providers/preset_table.ts";
import { addSecrets, addToTable, newTable, type TableText } from "../providers/write_table.ts";
import { type Command, EXIT } from "./command.ts";

/** The files that `init` writes. */
interface Files {
  readonly table: string;
  readonly variables: string;
}

/**
 * Writes a route table for providers, and a file of variables to fill in. Never changes a table unless told to, nor a
 * variable that the file has.
 */
export const init: Command = async (args, options) => {
  const choices = parseChoices(args);
  if (!choices.ok) {
    printProblems(choices.problems);
    return EXIT.usage;
  }
  const written = await write(choices.value, options);
  if (!written.ok) {
    printProblems(written.problems);
    return EXIT.configuration;
  }
  return EXIT.ok;
};

function parseChoices(args: readonly string[]): Result<readonly Choice[]> {
  if (args.length === 0) {
    return fail("init", "missing", 'takes at least one provider, such as anthropic; "providers" lists them');
  }
  const results = args.flatMap((argument) => argument.split(",")).filter((text) => text !== "").map(
    parseChoice,
  );
  const problems = results.flatMap((result): readonly Problem[] => problemsOf(result));
  return problems.length > 0
    ? failAll(problems)
    : ok(results.flatMap((result) => result.ok ? [result.value] : []));
}

async function write(choices: readonly Choice[], options: ReadonlySet<string>): Promise<Result<void>> {
  const files = filesFor(options);
  if (!files.ok) return files;
  const { table, variables } = files.value;
  const before = await readIfThere(table);
  const oldVariables = await readIfThere(variables);
  const readable = oldVariables.ok && oldVariables.value !== undefined
    ? parseEnvFile(oldVariables.value, variables)
    : ok(new Map());
  if (!before.ok || !oldVariables.ok || !readable.ok) {
    return failAll([before, oldVariables, readable].flatMap((each) => problemsOf(each)));
  }
  const content = tableText(choices, { options, path: table, before: before.value });
  if (!content.ok) return content;
  const secrets = addSecrets(oldVariables.value, choices.map(({ provider }) => provider));

  for (const path of Object.values(files.value)) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    // Nobody else needs to know what it holds.
    if (folder !== "") await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await Deno.writeTextFile(table, content.value.text);
  // The runtime also sets the mode of a file that is there.
  await Deno.writeTextFile(variables, secrets, { mode: 0o600 });
  report(
    { table: shortPath(table), variables: shortPath(variables) },
    content.value,
    { choices, unset: unsetIn(secrets, variables, choices), isHere: options.has("--here") },
  );
  return ok(undefined);
}

/** How a table comes about. */
interface TableOptions {
  readonly options: ReadonlySet<string>;
  readonly path: string;
  /** Its text so far; undefined: there is none. */
  readonly before: string | undefined;
}

function tableText(choices: readonly Choice[], { options, path, before }: TableOptions): Result<TableText> {
  const schema = new URL("../../routes.schema.json", import.meta.url).href;
  if (before === undefined || options.has("--force")) return ok(newTable(choices, schema));
  if (options.has("--add")) return addToTable(before, path, choices);
  return fail(path, "conflict", "exists already; --add adds these routes to it, --force replaces it");
}

/** Returns a path as a word of a shell, with `~` for the user's home. */
function shortPath(path: string): string {
  const environment = readEnvironment(["HOME"]);
  const home = environment.ok ? environment.value.get("HOME") : undefined;
  return home !== undefined && path.startsWith(`${home}/`)
    ? `~/${shellQuote(path.slice(home.length + 1))}`
    : shellQuote(path);
}

/** Returns the files in the current folder, or those in the user's configuration folder. */
function filesFor(options: ReadonlySet<string>): Result<Files> {
  if (options.has("--here")) return ok({ table: "conf/routes.json", variables: ".env" });
  const environment = readEnvironment(["XDG_CONFIG_HOME", "HOME"]);
  if (!environment.ok) return environment;
  const home = environment.value.get("HOME");
  const config = environment.value.get("XDG_CONFIG_HOME") ||
    (home === undefined ? undefined : `${home}/.config`);
  if (config === undefined) {
    return fail("HOME", "unset", "is unset; with --here the files are written to the current folder");
  }
  const folder = `${config}/cred-proxy`;
  return ok({ table: `${folder}/routes.json`, variables: `${folder}/.env` });
}

async function readIfThere(path: string): Promise<Result<string | undefined>> {
  const text = await readText(path);
  return !text.ok && text.problems[0]?.code === "not_found" ? ok(undefined) : text;
}

/** Returns the variables of providers that have no value yet. */
function unsetIn(text: string, path: string, choices: readonly Choice[]): readonly string[] {
  const file = parseEnvFile(text, path);
  const names = new Set(choices.flatMap(({ provider }) => provider.secrets.map(({ variable }) => variable)));
  return [...names].filter((name) => !file.ok || !file.value.has(name));
}

/** What the report is about, besides the files. */
interface Written {
  readonly choices: readonly Choice[];
  /** The variables that have no value yet. */
  readonly unset: readonly string[];
  /** Whether the files are in the current folder. */
  readonly isHere: boolean;
}

function report(
  { table, variables }: Files,
  { added, kept }: TableText,
  { choices, unset, isHere }: Written,
): void {
  const say = (text: string) => console.log(text);
  say(`${table}: ${added.length === 0 ? "nothing to add" : `wrote ${added.join(", ")}`}`);
  if (kept.length > 0) say(`  left as it is: ${kept.join(", ")}`);
  say(`${variables}: ${unset.length === 0 ? "has every token" : "needs"}`);
  for (const { variable, what, from } of choices.flatMap(({ provider }) => provider.secrets)) {
    if (unset.includes(variable)) say(`  ${variable}: ${what}${from === undefined ? "" : `, from ${from}`}`);
  }
  say("\nNext:");
  const commands = nextCommands(variables, { choices, unset, isHere });
  const width = Math.max(...commands.map(([command]) => command.length));
  for (const [command, comment] of commands) say(`  ${command.padEnd(width)}  # ${comment}`);
}

function nextCommands(variables: string, { choices, unset, isHere }: Written): [string, string][] {
  const agent = choices.find(({ provider }) => provider.command !== undefined)?.provider.command;
  const edit: [string, string][] = unset.length === 0
    ? []
    : [[`\${EDITOR:-nano} ${variables}`, "put in each token after its ="]];
  const doctor: [string, string] = [commandFor("doctor"), "ask each provider whether it takes the token"];
  // `run` takes no table of the current folder, and would not give it to the agent.
  const start: [string, string] = isHere
    ? [commandFor("start"), `serve; ${commandFor("clients")} prints how to point an agent here`]
    : [commandFor(`run -- ${agent ?? "COMMAND"}`), "an agent in a sandbox, behind the proxy"];
  return [...edit, doctor, start];
}
