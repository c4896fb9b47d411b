import type { Endpoint } from "./endpoint.ts";

/** What to give to a shell so that certain clients take this way. */
export interface ClientSetup {
  /** Whom it is for. */
  readonly clients: string;
  /** Lines of a POSIX shell. */
  readonly lines: readonly string[];
}

/** Knows how certain clients are pointed at a route. */
export type Recipe = (way: Endpoint) => ClientSetup;
