/**
 * Runs a verb: receives its arguments and the options that were given, prints, and returns the exit status. The
 * options are among those that the verb declares.
 */
export type Command = (args: readonly string[], options: ReadonlySet<string>) => Promise<number>;

/** The exit statuses; those above 1 are from BSD's sysexits. */
export const EXIT = {
  ok: 0,
  /** Only for `healthcheck`, since Docker knows only 0 and 1, and for `doctor`. */
  unhealthy: 1,
  /** EX_USAGE: the command line is invalid. */
  usage: 64,
  /** EX_CONFIG: the table, the environment or the permissions are invalid. */
  configuration: 78,
} as const;
