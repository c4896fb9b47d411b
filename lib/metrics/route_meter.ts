import type { LogEntry } from "../log/request_log.ts";
import { ConnectionCounts } from "../upstream/connection_counts.ts";
import { Histogram } from "./histogram.ts";
import { type StatusClass, statusClass } from "./status_class.ts";

/**
 * Bounds of delays, in seconds. A short one is this proxy's own or a cache's; a model's answer, whose stream is one
 * reply, takes minutes.
 */
export const DELAY_BOUNDS: readonly number[] = [
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
  300,
  600,
];

/** What one route has done since the service started. Reloads of the table don't set it back. */
export class RouteMeter {
  readonly requests: Record<StatusClass, number> = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 };
  /** From the request to the end of the reply, in seconds. */
  readonly duration = new Histogram(DELAY_BOUNDS);
  /** From the request to the head of the upstream's reply, in seconds. */
  readonly firstByte = new Histogram(DELAY_BOUNDS);
  readonly connections = new ConnectionCounts();
  bytesUp = 0;
  bytesDown = 0;
  /** Replies that the upstream broke off. */
  upstreamAborted = 0;
  /** Requests whose client left before the end. */
  clientAborted = 0;

  record(entry: LogEntry): void {
    this.requests[statusClass(entry.status)]++;
    this.duration.observe(entry.durationMs / 1000);
    if (entry.firstByteMs !== undefined) this.firstByte.observe(entry.firstByteMs / 1000);
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
    if (entry.outcome === "upstream_aborted") this.upstreamAborted++;
    if (entry.outcome === "client_aborted") this.clientAborted++;
  }
}
