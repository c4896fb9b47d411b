import type { Problem } from "../core/result.ts";

/** Prints problems on stderr, one line per problem: `cred-proxy: routes[1].path: must begin with /`. */
export function printProblems(problems: readonly Problem[]): void {
  for (const { path, message } of problems) printError(`${path}: ${message}`);
}

/** Prints one line on stderr, prefixed with the program's name. */
export function printError(text: string): void {
  console.error(`cred-proxy: ${text}`);
}
