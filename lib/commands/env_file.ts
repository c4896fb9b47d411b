import { loadTable } from "../config/load/load.ts";
import { tokenVariables } from "../config/route/token.ts";
import { parseEnvFile } from "../config/settings/env_file.ts";
import { SETTING_VARIABLES } from "../config/settings/settings.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { printError, printProblems } from "../log/print.ts";
import { type Command, EXIT } from "./command.ts";

/**
 * Prints the variables of a file, whose content is on stdin, as lines for the launcher to evaluate. A variable that the launcher has
 * already keeps its value. The output holds secrets, so it is not for people.
 *
 * With the path of a table, only what serving it may need: its tokens, and settings.
 */
export const envFile: Command = async ([path, table]) => {
  if (path === undefined) {
    printError("env-file takes the path of a file; see help");
    return EXIT.usage;
  }
  const bytes = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  const variables = parseEnvFile(new TextDecoder().decode(bytes), path);
  if (!variables.ok) {
    printProblems(variables.problems);
    return EXIT.configuration;
  }
  const isNeeded = table === undefined ? () => true : await neededBy(table);
  for (const [name, value] of variables.value) {
    if (!isNeeded(name)) continue;
    console.log(`[ -n "\${${name}+set}" ] || export ${name}=${shellQuote(value)}`);
  }
  return EXIT.ok;
};

async function neededBy(path: string): Promise<(name: string) => boolean> {
  const table = await loadTable(path);
  // What is wrong with the table is for the verb to say.
  const tokens = table.ok ? tokenVariables(table.value) : [];
  const needed = new Set([...SETTING_VARIABLES, ...tokens]);
  // Misspelt settings too, since the verb warns of them.
  return (name) => needed.has(name) || name.startsWith("CRED_PROXY_");
}
