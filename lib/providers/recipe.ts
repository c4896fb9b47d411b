import type { Endpoint } from "./endpoint.ts";

/** Returns the setup of one kind of client for a route. */
export type Recipe = (endpoint: Endpoint) => ClientSetup;

/** Shell commands that point one kind of client at a route. */
export interface ClientSetup {
  /** The names of the clients. */
  readonly clients: string;
  /** Lines of a POSIX shell script. */
  readonly lines: readonly string[];
}
