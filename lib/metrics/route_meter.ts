import type { LogEntry } from "../log/request_log.ts";
import { ConnectionCounts } from "../upstream/connection_counts.ts";
import { Histogram } from "./histogram.ts";
import { type StatusClass, statusClass } from "./status_class.ts";

/**
 * Histogram bounds for delays, in seconds. The proxy itself or a cache responds within milliseconds, while a model may
 * stream a response for minutes.
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

/** The counters of one route since the service started. A reload does not reset them. */
export class RouteMeter {
  readonly requests: Record<StatusClass, number> = {
    "1xx": 0,
    "2xx": 0,
    "3xx": 0,
    "4xx": 0,
    "5xx": 0,
    none: 0,
  };
  /** Seconds from the request to the end of the response, without WebSockets, which last as long as the peers want. */
  readonly duration = new Histogram(DELAY_BOUNDS);
  /** Seconds from the request to the upstream's response head. */
  readonly firstByte = new Histogram(DELAY_BOUNDS);
  readonly connections = new ConnectionCounts();
  /** Secrets that were masked in responses. */
  masked = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** Messages on WebSockets that have ended. */
  messagesUp = 0;
  messagesDown = 0;
  /** Responses that the upstream aborted. */
  upstreamAborted = 0;
  /** Responses that the client aborted. */
  clientAborted = 0;
  /** Responses that the proxy ended because of what they hold. */
  withheld = 0;
  /** Responses that were ended because their client was revoked. */
  revoked = 0;
  /** Responses that were ended because the memory was used up. */
  overloaded = 0;

  /** Counts a finished request. */
  record(entry: LogEntry): void {
    this.requests[statusClass(entry.status)]++;
    if (entry.webSocket === undefined) this.duration.observe(entry.durationMs / 1000);
    if (entry.firstByteMs !== undefined) this.firstByte.observe(entry.firstByteMs / 1000);
    this.masked += entry.masked;
    this.bytesUp += entry.bytesUp;
    this.bytesDown += entry.bytesDown;
    this.messagesUp += entry.webSocket?.messagesUp ?? 0;
    this.messagesDown += entry.webSocket?.messagesDown ?? 0;
    if (entry.outcome === "upstream_aborted") this.upstreamAborted++;
    if (entry.outcome === "client_aborted") this.clientAborted++;
    if (entry.outcome === "withheld") this.withheld++;
    if (entry.outcome === "revoked") this.revoked++;
    if (entry.outcome === "overloaded") this.overloaded++;
  }
}
