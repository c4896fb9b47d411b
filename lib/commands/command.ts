/** Runs a verb: receives the arguments after the verb, prints, and returns the exit status. */
export type Command = (args: readonly string[]) => Promise<number>;

/** The exit statuses; those above 1 are from BSD's sysexits. */
export const EXIT = {
  ok: 0,
  /** Only for `healthcheck`: Docker knows only 0 and 1. */
  unhealthy: 1,
  /** EX_USAGE: the command line is invalid. */
  usage: 64,
  /** EX_CONFIG: the table, the environment or the permissions are invalid. */
  configuration: 78,
} as const;
