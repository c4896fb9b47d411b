import type { Sink } from "./request_log.ts";

/** The time in which a cause has one line, in milliseconds, so that a client that keeps retrying can't fill a disk. */
const INTERVAL_MS = 1000;

/** How many causes have a line in that time at most. */
const CAUSES = 8;

/**
 * Returns a sink that reports failures and their causes for operators who have not enabled the request log: each cause at most
 * once in each second, which begins with the first failure after the last one.
 *
 * @param write Writes one line.
 */
export function failureSink(write: (line: string) => void): Sink {
  let began = -Infinity;
  let omitted = 0;
  /** The causes that had a line since then. */
  const causes = new Set<string>();
  return (entry) => {
    const { cause } = entry;
    if (cause === undefined) return;
    if (entry.time - began >= INTERVAL_MS) {
      began = entry.time;
      causes.clear();
    }
    if (causes.has(cause) || causes.size === CAUSES) return void omitted++;
    causes.add(cause);
    const more = omitted === 0 ? "" : `; ${omitted} more failure(s) since the last line`;
    write(`${entry.method} ${entry.path} failed: ${cause}${more}`);
    omitted = 0;
  };
}
