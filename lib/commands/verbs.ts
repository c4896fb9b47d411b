import type { Verb } from "../core/launch.ts";

/** How a verb is used. */
export interface Usage {
  /** Its arguments as `help` shows them; undefined if it takes none. */
  readonly arguments?: string;
  /** The number of arguments that it takes at most: 1, unless stated otherwise, if it takes any. */
  readonly most?: number;
  /** Its options, which may stand before and after the arguments. */
  readonly options?: readonly string[];
  /** Whether the verb parses its arguments itself. */
  readonly raw?: boolean;
  /** The description for `help`, one line; undefined: the launcher uses the verb, and people don't. */
  readonly help?: string;
}

/** The verbs, in the order of `help`. */
export const VERBS: Readonly<Record<Verb, Usage>> = {
  init: {
    arguments: "PROVIDER ...",
    most: 100,
    options: ["--here", "--add", "--force"],
    help: "write a table and a .env for tokens; --here --add --force",
  },
  providers: { help: "list the providers that init knows" },
  serve: { help: "serve until SIGTERM or SIGINT, then drain (the default)" },
  permissions: {
    arguments: "",
    most: 1000,
    options: ["--doctor"],
    help: "print the FLAGS that this table and environment need",
  },
  check: {
    arguments: "[FILE]",
    options: ["--strict"],
    help: "validate a table; --strict: fail on unset tokens",
  },
  doctor: { arguments: "[ROUTE]", help: "ask each upstream whether it takes its token" },
  clients: {
    arguments: "[ROUTE]",
    options: ["--env"],
    help: "print how to point clients here; --env: variables only",
  },
  token: { arguments: "NAME", help: "make a client token, and its entry for the table" },
  run: {
    arguments: "-- COMMAND",
    raw: true,
    help: "run a command in a sandbox, behind a proxy of its own",
  },
  healthcheck: { help: "exit with 0 if the running service is ready" },
  version: { help: "print the version" },
  help: { help: "print this text" },
  "env-file": { arguments: "FILE [TABLE]", most: 2 },
};

/** The verbs that only the launcher knows, since they start another program than main.ts, or main.ts by another name. */
export const LAUNCHER_VERBS: Readonly<Record<string, string>> = {
  start: "another name of serve",
  demo: "run a self-contained demo on an embedded upstream",
  compile: "make a binary with the flags of the table baked in",
};
