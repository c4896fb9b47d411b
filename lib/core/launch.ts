/**
 * The program's verbs, and the commands that run them.
 *
 * @module
 */

/** The first argument of the program. */
export type Verb =
  | "init"
  | "providers"
  | "serve"
  | "permissions"
  | "check"
  | "doctor"
  | "clients"
  | "token"
  | "run"
  | "healthcheck"
  | "version"
  | "help"
  | "env-file";

/** Returns the command that runs a verb through the launcher, which derives the flags that the verb needs. */
export function launcherCommand(verb: string): string {
  return `bin/cred-proxy ${verb}`;
}

/** Returns the command that runs a verb with exactly these flags, without the launcher. */
export function exactCommand(flags: string, verb: string): string {
  return `deno run ${flags} main.ts ${verb}`;
}
