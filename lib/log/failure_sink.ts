import type { Sink } from "./request_log.ts";

/** The minimum time between two lines, in milliseconds, so that a client that keeps retrying can't fill a disk. */
const INTERVAL_MS = 1000;

/**
 * Returns a sink that reports failures and their causes, at most one per second, for operators who have not enabled the
 * request log.
 *
 * @param write Writes one line.
 */
export function failureSink(write: (line: string) => void): Sink {
  let last = -Infinity;
  let omitted = 0;
  return (entry) => {
    if (entry.cause === undefined) return;
    if (entry.time - last < INTERVAL_MS) return void omitted++;
    const more = omitted === 0 ? "" : `; ${omitted} more failure(s) since the last line`;
    write(`${entry.method} ${entry.path} failed: ${entry.cause}${more}`);
    last = entry.time;
    omitted = 0;
  };
}
