import type { RefusalCode } from "./http/refusal.ts";

/** What is known of one request when it has ended. No field value, no query, no content. */
export interface Entry {
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
  readonly method: string;
  /** Without the query; empty if it was not even a path. */
  path: string;
  /** The route's prefix or host. */
  route: string | undefined;
  status: number;
  /** The proxy's own refusal, if it was one. */
  error: RefusalCode | undefined;
  /** What was behind it: for the operator only. */
  cause: string | undefined;
  /** Whether the upstream's connection had served before. */
  reused: boolean | undefined;
  /** Bytes of content sent to the agent. */
  bytesDown: number;
  /** From the request to the end of the reply. */
  durationMs: number;
  /** How the reply ended: whole, broken off by the upstream, or left by the agent. */
  outcome: Outcome;
}

export type Outcome = "whole" | "broken" | "left";

/** Where entries go. */
export type Sink = (entry: Entry) => void;

/** The one place through which every request's record passes. */
export class Journal {
  readonly #sinks: readonly Sink[];

  constructor(sinks: readonly Sink[]) {
    this.#sinks = sinks;
  }

  begin(method: string): Entry {
    return {
      time: Date.now(),
      method,
      path: "",
      route: undefined,
      status: 0,
      error: undefined,
      cause: undefined,
      reused: undefined,
      bytesDown: 0,
      durationMs: 0,
      outcome: "whole",
    };
  }

  end(entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome;
    entry.durationMs = Date.now() - entry.time;
    for (const sink of this.#sinks) sink(entry);
  }
}

/** A line for people. */
export function readableLine(entry: Entry): string {
  const { method, path, route, status, error, cause, reused, bytesDown, durationMs, outcome } = entry;
  const words = [method, path === "" ? "-" : path, "→", status === 0 ? "-" : String(status)];
  if (error !== undefined) words.push(error);
  if (outcome !== "whole") words.push(outcome === "left" ? "client left" : "broken off");
  words.push(`${durationMs} ms`, `${bytesDown} bytes`);
  if (route !== undefined) words.push(`route ${route}`);
  if (reused !== undefined) words.push(reused ? "reused connection" : "new connection");
  if (cause !== undefined) words.push(`(${cause})`);
  return words.join(" ");
}

/** A JSON object for machines. Durations in milliseconds, sizes in bytes. */
export function jsonLine(entry: Entry): string {
  return JSON.stringify({
    time: new Date(entry.time).toISOString(),
    method: entry.method,
    path: entry.path,
    route: entry.route,
    status: entry.status,
    error: entry.error,
    cause: entry.cause,
    outcome: entry.outcome,
    duration_ms: entry.durationMs,
    bytes_down: entry.bytesDown,
    upstream_reused: entry.reused,
  });
}

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
