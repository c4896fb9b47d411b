import type { LogEntry } from "./request_log.ts";

/** Formats an entry as a JSON object on one line. Durations are in milliseconds, sizes in bytes. */
export function jsonLine(entry: LogEntry): string {
  return JSON.stringify({
    time: new Date(entry.time).toISOString(),
    request_id: entry.id,
    method: entry.method,
    path: entry.path,
    route: entry.route,
    status: entry.status,
    error: entry.error,
    cause: entry.cause,
    outcome: entry.outcome,
    duration_ms: roundToTenths(entry.durationMs),
    first_byte_ms: entry.firstByteMs === undefined ? undefined : roundToTenths(entry.firstByteMs),
    bytes_up: entry.bytesUp,
    bytes_down: entry.bytesDown,
    messages_up: entry.webSocket?.messagesUp,
    messages_down: entry.webSocket?.messagesDown,
    close_code: entry.webSocket?.closeCode,
    masked: entry.masked === 0 ? undefined : entry.masked,
    upstream: entry.upstream,
    upstream_reused: entry.reused,
    upstream_request_id: entry.upstreamRequestId,
    token: entry.token,
    client: entry.clientName,
    client_subject: entry.subject,
    client_pod: entry.pod,
    client_address: entry.client?.address,
    session_id: entry.client?.session,
    client_request_id: entry.client?.requestId,
    user_agent: entry.client?.userAgent,
  });
}

function roundToTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
