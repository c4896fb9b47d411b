import type { RefusalCode } from "../../lib/http/refusal.ts";
import type { ToolsetName } from "./toolsets/all.ts";

/** One client and its task. */
export interface ClientCase {
  readonly name: string;
  /** The command that must be installed. */
  readonly command: string;
  /** A script whose output includes its version. */
  readonly version: string;
  /** What it is installed with; undefined if the machine must have it. */
  readonly toolset?: ToolsetName;
  /** The route, as an argument of `clients`. */
  readonly route: string;
  /** Its task, for the report. */
  readonly description: string;
  /** Returns the shell script: the lines of `clients` and the task. */
  readonly script: (lines: string) => string;
  /** What it needs besides the printed lines, for the report; undefined if they suffice. */
  readonly besides?: string;
  /** Must match its stdout. */
  readonly expectedOutput: RegExp;
  /** Each must match a request that the upstream received, as `METHOD target`. */
  readonly expectedRequests: readonly RegExp[];
  /** Must match the content of one of those requests. */
  readonly expectedBody?: RegExp;
  /** The refusal that it must get along the way. */
  readonly expectedRefusal?: RefusalCode;
  /** Variables besides those that the lines set. */
  readonly env?: Readonly<Record<string, string>>;
  /** It is known not to work, which is reported as a limit. Working after all is a failure, so that the report stays true. */
  readonly knownLimit?: KnownLimit;
  /** It is known to retry after every 5xx, whatever the response says. */
  readonly retriesEvery5xx?: true;
  /** The script to observe refusals with, if it differs. */
  readonly requestScript?: (lines: string) => string;
}

/** Why and when a client is known not to work. */
export interface KnownLimit {
  readonly text: string;
  /** The host for which it bypasses the proxy. */
  readonly host?: string;
  /** Only if the service requires a client token. */
  readonly withClientToken?: true;
}

/** The prompt for every model. */
export const QUESTION = "Is the proxy there?";

/** Returns a script of the lines followed by a command. */
export function followedBy(command: string): (lines: string) => string {
  return (lines) => `${lines}\n${command}`;
}

/** Returns a script of those lines that set variables, followed by a command. */
export function withVariables(command: string): (lines: string) => string {
  return (lines) => `${(lines.match(/^export .*$/gm) ?? []).join("\n")}\n${command}`;
}

/**
 * Returns a script that sets `URL` and `KEY` to what the line for curl has, followed by a command, for clients that take a
 * URL.
 */
export function withUrl(command: string): (lines: string) => string {
  return (lines) => {
    const [, key, url] = /^curl(?: -H "Authorization: Bearer (\S+)")? (\S+)\/$/m.exec(lines) ?? [];
    if (url === undefined) throw new Error(`No line for curl in ${lines}`);
    return `export URL=${url} KEY=${key ?? "placeholder"}\n${command}`;
  };
}

/** Returns the expression in the comment that `clients` prints for a library. */
export function expressionFor(library: string, lines: string): string {
  const start = `# ${library}: `;
  const line = lines.split("\n").find((each) => each.startsWith(start));
  if (line === undefined) throw new Error(`No line for ${library} in ${lines}`);
  return line.slice(start.length);
}
