import type { RefusalCode } from "../../lib/http/refusal.ts";

/** One client, and what it is made to do. */
export interface ClientCase {
  readonly name: string;
  /** The command without which it can't be tried. */
  readonly command: string;
  /** A script that prints its version, in any words. */
  readonly version: string;
  /** The route, as `clients` takes it. */
  readonly route: string;
  /** What it does, for people. */
  readonly description: string;
  /** What a shell is given: the lines of `clients`, and what the client is to do. */
  readonly script: (lines: string) => string;
  /** What must stand in what it prints. */
  readonly expectedOutput: RegExp;
  /** What the upstream must have been asked for: `METHOD target`, a pattern each. */
  readonly expectedRequests: readonly RegExp[];
  /** The refusal that it must meet on its way. */
  readonly expectedRefusal?: RefusalCode;
  /** Variables beside those that the lines set. */
  readonly env?: Readonly<Record<string, string>>;
  /** That it is known to go past the proxy to a host: where it is seen to do so, what fails for that is no fault of ours. */
  readonly knownLimit?: { readonly host: string; readonly text: string };
  /** That it asks again after every 5xx, whatever the answer says of that: seen, told, and no fault of ours. */
  readonly retriesEvery5xx?: true;
  /** How it asks where a refusal is to be seen, if that is another script. */
  readonly requestScript?: (lines: string) => string;
}

/** The question that every model is asked. */
export const QUESTION = "Is the proxy there?";

/** The lines, and then a command. */
export function followedBy(command: string): (lines: string) => string {
  return (lines) => `${lines}\n${command}`;
}
