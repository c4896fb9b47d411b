import type { LogEntry } from "../../lib/log/request_log.ts";

/** Returns the log entry of a successful request, with the given differences. */
export function entryOf(differences: Partial<LogEntry> = {}): LogEntry {
  return {
    id: "0f0f0f0f-1",
    number: 1,
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    began: 0,
    client: undefined,
    clientName: undefined,
    subject: undefined,
    pod: undefined,
    method: "GET",
    path: "/a/b",
    route: "/a/",
    upstream: "api.test",
    status: 200,
    error: undefined,
    cause: undefined,
    webSocket: undefined,
    reused: true,
    token: undefined,
    upstreamRequestId: undefined,
    masked: 0,
    bytesUp: 0,
    bytesDown: 12,
    firstByteMs: 30.04,
    durationMs: 34,
    outcome: "complete",
    ...differences,
  };
}
