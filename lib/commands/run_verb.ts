import { ok } from "../core/result.ts";
import type { Verb } from "../core/launch.ts";
import { printError, printProblems } from "../log/print.ts";
import { type Command, EXIT } from "./command.ts";
import { parseArguments } from "./parse_arguments.ts";
import { VERBS } from "./verbs.ts";

/** Runs a verb's command with what follows the verb on the command line. @returns The exit status. */
export async function runVerb(verb: Verb, command: Command, args: readonly string[]): Promise<number> {
  const parsed = VERBS[verb].raw
    ? ok({ args, options: new Set<string>() })
    : parseArguments(args, VERBS[verb], verb);
  if (!parsed.ok) {
    printProblems(parsed.problems);
    return EXIT.usage;
  }
  try {
    return await command(parsed.value.args, parsed.value.options);
  } catch (error) {
    // The operator has to correct the flags, so one line will do: a stack trace would not help.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    printError(error.message);
    return EXIT.configuration;
  }
}
