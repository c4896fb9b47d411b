/**
 * The program: `main.ts [VERB]`. Only this file reads the arguments and exits the process.
 *
 * @module
 */

import { check } from "./lib/commands/check.ts";
import { clients } from "./lib/commands/clients.ts";
import { type Command, EXIT } from "./lib/commands/command.ts";
import { doctor } from "./lib/commands/doctor.ts";
import { envFile } from "./lib/commands/env_file.ts";
import { healthcheck } from "./lib/commands/healthcheck.ts";
import { help } from "./lib/commands/help.ts";
import { init } from "./lib/commands/init.ts";
import { parseArguments } from "./lib/commands/parse_arguments.ts";
import { providers } from "./lib/commands/providers.ts";
import { permissions } from "./lib/commands/permissions.ts";
import { run } from "./lib/commands/run.ts";
import { serve } from "./lib/commands/serve.ts";
import { token } from "./lib/commands/token.ts";
import { VERBS } from "./lib/commands/verbs.ts";
import { version } from "./lib/commands/version.ts";
import { didYouMean } from "./lib/config/reader/did_you_mean.ts";
import { ok } from "./lib/core/result.ts";
import type { Verb } from "./lib/core/launch.ts";
import { printError, printProblems } from "./lib/log/print.ts";

const COMMANDS: Readonly<Record<Verb, Command>> = {
  init,
  providers,
  serve,
  permissions,
  check,
  doctor,
  clients,
  token,
  run,
  healthcheck,
  version,
  help,
  "env-file": envFile,
};

const FLAGS: ReadonlyMap<string, Verb> = new Map([
  ["--help", "help"],
  ["-h", "help"],
  ["--version", "version"],
  ["-v", "version"],
  ["-V", "version"],
]);

async function main([first = "serve", ...args]: readonly string[]): Promise<number> {
  const verb = FLAGS.get(args[0] ?? "") === "help" ? "help" : FLAGS.get(first) ?? first;
  if (!isVerb(verb)) {
    const hint = didYouMean(first, Object.keys(VERBS)) || "; see help";
    printError(`unknown verb ${JSON.stringify(first)}${hint}`);
    return EXIT.usage;
  }
  if (verb === "help") return await help([], new Set());
  const parsed = VERBS[verb].raw
    ? ok({ args, options: new Set<string>() })
    : parseArguments(args, VERBS[verb], verb);
  if (!parsed.ok) {
    printProblems(parsed.problems);
    return EXIT.usage;
  }
  try {
    return await COMMANDS[verb](parsed.value.args, parsed.value.options);
  } catch (error) {
    // The operator has to correct the flags, so one line will do: a stack trace would not help.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    printError(error.message);
    return EXIT.configuration;
  }
}

function isVerb(text: string): text is Verb {
  return Object.hasOwn(VERBS, text);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
