import type { Verb } from "../core/launch.ts";

/** How a verb is used. */
export interface Usage {
  /** The argument that it takes, as `help` prints it; undefined: none. */
  readonly argument?: string;
  /** One line for `help`. */
  readonly help: string;
}

/** The verbs, in the order of `help`. */
export const VERBS: Readonly<Record<Verb, Usage>> = {
  serve: { help: "serve until SIGTERM or SIGINT, then drain (the default)" },
  permissions: { help: "print the FLAGS that this table and environment need" },
  check: { argument: "FILE", help: "validate a route table and report unset tokens" },
  clients: { argument: "ROUTE", help: "print how to point clients at the routes, or at one" },
  healthcheck: { help: "exit with 0 if the running service is ready" },
  version: { help: "print the version" },
  help: { help: "print this text" },
};
