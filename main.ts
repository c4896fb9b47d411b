/**
 * The program: `main.ts [VERB]`. The only reader of the arguments and the only one to exit.
 *
 * @module
 */
import { check } from "./lib/commands/check.ts";
import { clients } from "./lib/commands/clients.ts";
import { type Command, EXIT } from "./lib/commands/command.ts";
import { healthcheck } from "./lib/commands/healthcheck.ts";
import { help } from "./lib/commands/help.ts";
import { permissions } from "./lib/commands/permissions.ts";
import { printError } from "./lib/log/print.ts";
import { serve } from "./lib/commands/serve.ts";
import { version } from "./lib/commands/version.ts";
import { didYouMean } from "./lib/config/reader/did_you_mean.ts";

/** A command and how many arguments it takes at most. */
interface Verb {
  readonly run: Command;
  readonly most: number;
}

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ["serve", { run: serve, most: 0 }],
  ["permissions", { run: permissions, most: 0 }],
  ["check", { run: check, most: 1 }],
  ["clients", { run: clients, most: 1 }],
  ["healthcheck", { run: healthcheck, most: 0 }],
  ["version", { run: version, most: 0 }],
  ["help", { run: help, most: 0 }],
]);

const FLAGS: ReadonlyMap<string, string> = new Map([["--help", "help"], ["-h", "help"], [
  "--version",
  "version",
]]);

async function main(given: readonly string[]): Promise<number> {
  const [first = "serve", ...args] = given;
  const name = FLAGS.get(first) ?? first;
  const verb = VERBS.get(name);
  if (verb === undefined) {
    printError(
      `unknown verb ${JSON.stringify(first)}${didYouMean(first, [...VERBS.keys()]) || "; see help"}`,
    );
    return EXIT.usage;
  }
  if (args.length > verb.most) {
    printError(`${name} takes ${verb.most === 0 ? "no argument" : "one argument at most"}; see help`);
    return EXIT.usage;
  }
  try {
    return await verb.run(args);
  } catch (error) {
    // The flags are the operator's to put right: one line, and no stack, which would be ours to read.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    printError(error.message);
    return EXIT.configuration;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
