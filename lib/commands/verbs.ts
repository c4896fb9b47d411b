import type { Verb } from "../core/launch.ts";

/** How a verb is used. */
export interface Usage {
  /** The name of its optional argument in `help`; undefined if it takes none. */
  readonly argument?: string;
  /** The description for `help`, one line. */
  readonly help: string;
}

/** The verbs, in the order of `help`. */
export const VERBS: Readonly<Record<Verb, Usage>> = {
  serve: { help: "serve until SIGTERM or SIGINT, then drain (the default)" },
  permissions: { help: "print the FLAGS that this table and environment need" },
  check: { argument: "FILE", help: "validate a route table and report unset tokens" },
  clients: { argument: "ROUTE", help: "print how to point clients at the routes, or at one of them" },
  healthcheck: { help: "exit with 0 if the running service is ready" },
  version: { help: "print the version" },
  help: { help: "print this text" },
};
