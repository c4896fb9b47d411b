/**
 * The program: `main.ts [VERB]`. Only this file reads the arguments and exits the process.
 *
 * @module
 */

import { type Command, EXIT } from "./lib/commands/command.ts";
import { runVerb } from "./lib/commands/run_verb.ts";
import { VERBS } from "./lib/commands/verbs.ts";
import { didYouMean } from "./lib/config/reader/did_you_mean.ts";
import type { Verb } from "./lib/core/launch.ts";
import { printError } from "./lib/log/print.ts";

/** What each verb runs, loaded for it alone: a start takes only as long as its own modules. */
const COMMANDS: Readonly<Record<Verb, () => Promise<Command>>> = {
  init: async () => (await import("./lib/commands/init.ts")).init,
  providers: async () => (await import("./lib/commands/providers.ts")).providers,
  serve: async () => (await import("./lib/commands/serve.ts")).serve,
  permissions: async () => (await import("./lib/commands/permissions.ts")).permissions,
  check: async () => (await import("./lib/commands/check.ts")).check,
  doctor: async () => (await import("./lib/commands/doctor.ts")).doctor,
  clients: async () => (await import("./lib/commands/clients.ts")).clients,
  token: async () => (await import("./lib/commands/token.ts")).token,
  run: async () => (await import("./lib/commands/run.ts")).run,
  healthcheck: async () => (await import("./lib/commands/healthcheck.ts")).healthcheck,
  version: async () => (await import("./lib/commands/version.ts")).version,
  help: async () => (await import("./lib/commands/help.ts")).help,
  "env-file": async () => (await import("./lib/commands/env_file.ts")).envFile,
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
  const command = await COMMANDS[verb]();
  if (verb === "help") return await command([], new Set());
  return await runVerb(verb, command, args);
}

function isVerb(text: string): text is Verb {
  return Object.hasOwn(VERBS, text);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
