import type { Problem } from "../core/result.ts";

/** Print problems on stderr, each on its own line: `cred-proxy: routes[1].path: must begin with /`. */
export function report(problems: readonly Problem[]): void {
  for (const { place, message } of problems) complain(`${place}: ${message}`);
}

/** Print one line on stderr under the program's name. */
export function complain(text: string): void {
  console.error(`cred-proxy: ${text}`);
}
