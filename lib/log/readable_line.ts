import type { LogEntry } from "./request_log.ts";

/** Formats an entry as one human-readable line, with the time at which the request arrived in UTC. */
export function readableLine(entry: LogEntry): string {
  const {
    method,
    path,
    route,
    status,
    error,
    cause,
    reused,
    bytesUp,
    bytesDown,
    durationMs,
    outcome,
    clientName,
    webSocket,
  } = entry;
  const words = [
    new Date(entry.time).toISOString().slice(11, 23),
    method,
    path === "" ? "-" : path,
    "→",
    status === 0 ? "-" : String(status),
  ];
  if (error !== undefined) words.push(error);
  if (outcome !== "complete") words.push(outcome.replace("_", " "));
  words.push(`${Math.round(durationMs)} ms`);
  if (bytesUp > 0) words.push(`${bytesUp} bytes up,`);
  words.push(`${bytesDown} bytes down`);
  if (webSocket !== undefined) {
    const { messagesUp, messagesDown, closeCode } = webSocket;
    words.push(`WebSocket ${messagesUp} messages up, ${messagesDown} down, closed ${closeCode}`);
  }
  if (route !== undefined) words.push(`route ${route}`);
  if (clientName !== undefined) words.push(`client ${clientName}`);
  if (reused !== undefined) words.push(reused ? "reused connection" : "new connection");
  if (cause !== undefined) words.push(`(${cause})`);
  return words.join(" ");
}
