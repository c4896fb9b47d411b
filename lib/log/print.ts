import type { Problem } from "../core/result.ts";
import { escapeControls } from "./escape_controls.ts";

/** Prints problems on stderr, one line per problem: `cred-proxy: routes[1].path: must begin with /`. */
export function printProblems(problems: readonly Problem[]): void {
  for (const { path, message } of problems) printError(`${path}: ${message}`);
}

/** Prints one line on stderr, prefixed with the program's name. */
export function printError(text: string): void {
  printLine(escapeControls(`cred-proxy: ${text}`));
}

/** Prints one line on stderr. One that can't be written is lost, since a terminal that has closed must not end the service. */
export function printLine(text: string): void {
  try {
    console.error(text);
  } catch {
    // The reader is gone.
  }
}
