import type { Sink } from "./request_log.ts";

/** At most one failure in this time is printed, in milliseconds: an agent that asks on must not fill a disk. */
const FAILURE_GAP = 1000;

/**
 * What an operator must hear without having asked for a log: that an upstream fails, and why.
 *
 * @param write Writes one line.
 */
export function failureSink(write: (line: string) => void): Sink {
  let last = -Infinity;
  let unsaid = 0;
  return (entry) => {
    if (entry.cause === undefined) return;
    if (entry.time - last < FAILURE_GAP) return void unsaid++;
    const more = unsaid === 0 ? "" : `; ${unsaid} more since the last line`;
    write(`${entry.method} ${entry.path} failed: ${entry.cause}${more}`);
    last = entry.time;
    unsaid = 0;
  };
}
