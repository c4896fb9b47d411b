/** Runs a verb: receives the arguments after the verb, prints, and returns the exit status. */
export type Command = (args: readonly string[]) => Promise<number>;

/** Exit statuses; those above 1 are named as in BSD's sysexits. */
export const EXIT = {
  ok: 0,
  /** `healthcheck`: Docker knows 0 and 1 only. */
  unhealthy: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_CONFIG: something in the table, the environment or the grants is wrong. */
  configuration: 78,
} as const;
