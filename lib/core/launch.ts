/**
 * How this program is started.
 *
 * @module
 */

/** What the program can be asked to do. */
export type Verb = "serve" | "permissions" | "check" | "clients" | "healthcheck" | "version" | "help";

/** Returns the command that runs a verb under the flags that it needs, which the launcher derives. */
export function launcherCommand(verb: string): string {
  return `bin/cred-proxy ${verb}`;
}

/** Returns the command that runs a verb under exactly these flags, without the launcher. */
export function exactCommand(flags: string, verb: string): string {
  return `deno run ${flags} main.ts ${verb}`;
}
