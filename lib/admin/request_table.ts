import type { LogEntry } from "../log/request_log.ts";
import { categoryOf } from "./category.ts";
import { formatBytes, formatDuration, formatTime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { NOTHING, numberCells, table } from "./table.ts";

/** The maximum number of characters of a method that are shown: clients may send invalid, very long ones. */
const METHOD_LIMIT = 16;

/** Renders one row per recent request. */
export function requestTable({ recent }: PageData): Html {
  if (recent.length === 0) return html`<p class="soft">None yet.</p>`;
  return table({
    text: ["Ended (UTC)", "Method", "Path", "Route", "Status", "Outcome"],
    numbers: ["First byte", "Duration", "Uploaded", "Downloaded"],
    rows: recent.map(row),
  });
}

function row(entry: LogEntry): Html {
  const { method, path, route, status, firstByteMs, durationMs, bytesUp, bytesDown, time } = entry;
  const category = categoryOf(entry);
  return html`
    <tr>
      <td>${formatTime(time + durationMs)}</td>
      <td>${method.slice(0, METHOD_LIMIT)}</td>
      <td class="path">${path === "" ? NOTHING : path}</td>
      <td>${route ?? NOTHING}</td>
      <td class="${category}">${status === 0 ? NOTHING : status}</td>
      <td class="${category}">${outcomeText(entry)}</td>
      ${numberCells([
        firstByteMs === undefined ? NOTHING : formatDuration(firstByteMs / 1000),
        formatDuration(durationMs / 1000),
        formatBytes(bytesUp),
        formatBytes(bytesDown),
      ])}
    </tr>
  `;
}

/** Describes how a request ended; the code for a WebSocket; empty for a complete response with a status below 500. */
function outcomeText({ error, outcome, status, webSocket }: LogEntry): string {
  if (error !== undefined) return error;
  if (outcome === "upstream_aborted") return "upstream aborted";
  if (outcome === "client_aborted") return "client aborted";
  if (webSocket !== undefined) return `closed ${webSocket.closeCode}`;
  return status >= 500 ? "upstream error" : "";
}
