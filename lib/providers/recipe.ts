import type { Endpoint } from "./endpoint.ts";

/** Returns the setup of certain clients for a route. */
export type Recipe = (endpoint: Endpoint) => ClientSetup;

/** What to run in a shell so that certain clients use a route. */
export interface ClientSetup {
  /** The clients that the lines are for, by name. */
  readonly clients: string;
  /** Lines of a POSIX shell. */
  readonly lines: readonly string[];
}
