import type { Endpoint } from "./endpoint.ts";

/** Returns the setup of one kind of client for a route. */
export type Recipe = (endpoint: Endpoint) => ClientSetup;

/** What points one kind of client at a route. */
export interface ClientSetup {
  /** The names of the clients. */
  readonly clients: string;
  /** A client that one route of several has to be chosen for, though their variables differ. */
  readonly choice?: string;
  /** Lines of a POSIX shell script, in the order in which they are to be run. */
  readonly lines: readonly (Exports | string)[];
  /**
   * The same with variables only, for where no command may be run; undefined: the variables and comments of `lines`
   * do.
   */
  readonly variables?: readonly (Exports | string)[];
  /** Settings of clients that read them from a file only, for a home that has none. */
  readonly files?: readonly SettingsFile[];
  /** git's settings, which git also reads from numbered variables. */
  readonly git?: readonly (readonly [key: string, value: string])[];
}

/** A file of a client's settings. */
export interface SettingsFile {
  /** Its path below the home. */
  readonly path: string;
  readonly content: string;
}

/** Variables to export in one line. */
export interface Exports {
  /** Each value is a word of the shell, quoted if need be. */
  readonly export: readonly (readonly [name: string, word: string])[];
  readonly comment?: string;
}

/** Returns a line of a script. */
export function scriptLine(line: Exports | string): string {
  if (typeof line === "string") return line;
  const comment = line.comment === undefined ? "" : ` # ${line.comment}`;
  return `export ${line.export.map(([name, word]) => `${name}=${word}`).join(" ")}${comment}`;
}
