import { parseEnvFile } from "../config/settings/env_file.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { printError, printProblems } from "../log/print.ts";
import { type Command, EXIT } from "./command.ts";

/**
 * Prints the variables of a file, whose content is on stdin, as lines for the launcher to evaluate. A variable that the launcher has already keeps
 * its value. The output holds secrets, so it is not for people.
 */
export const envFile: Command = async ([path]) => {
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
  for (const [name, value] of variables.value) {
    console.log(`[ -n "\${${name}+set}" ] || export ${name}=${shellQuote(value)}`);
  }
  return EXIT.ok;
};
