import type { RefusalCode } from "../../lib/http/refusal.ts";

/** One client and its task. */
export interface ClientCase {
  readonly name: string;
  /** The command that must be installed. */
  readonly command: string;
  /** A script whose output includes its version. */
  readonly version: string;
  /** The route, as an argument of `clients`. */
  readonly route: string;
  /** Its task, for the report. */
  readonly description: string;
  /** Returns the shell script: the lines of `clients` and the task. */
  readonly script: (lines: string) => string;
  /** Must match its stdout. */
  readonly expectedOutput: RegExp;
  /** Each must match a request that the upstream received, as `METHOD target`. */
  readonly expectedRequests: readonly RegExp[];
  /** The refusal that it must get along the way. */
  readonly expectedRefusal?: RefusalCode;
  /** Variables besides those that the lines set. */
  readonly env?: Readonly<Record<string, string>>;
  /** A host for which it is known to bypass the proxy: if it does, the failure is reported as a limit. */
  readonly knownLimit?: { readonly host: string; readonly text: string };
  /** It is known to retry after every 5xx, whatever the response says. */
  readonly retriesEvery5xx?: true;
  /** The script to observe refusals with, if it differs. */
  readonly requestScript?: (lines: string) => string;
}

/** The prompt for every model. */
export const QUESTION = "Is the proxy there?";

/** Returns a script of the lines followed by a command. */
export function followedBy(command: string): (lines: string) => string {
  return (lines) => `${lines}\n${command}`;
}
