import type { LogEntry } from "../log/request_log.ts";
import { categoryOf } from "./category.ts";
import { formatBytes, formatDuration, formatTime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { NOTHING, numbers, table } from "./table.ts";

export function requestTable({ recent }: PageData): Html {
  if (recent.length === 0) return html`<p class="soft">None yet.</p>`;
  return table(
    ["Ended (UTC)", "Method", "Path", "Route", "Status", "What happened"],
    ["First byte", "Took", "Up", "Down"],
    recent.map(requestRow),
  );
}

function requestRow(entry: LogEntry): Html {
  const { method, path, route, status, firstByteMs, durationMs, bytesUp, bytesDown, time } = entry;
  return html`
    <tr>
      <td>${formatTime(time + durationMs)}</td>
      <td>${method.slice(0, 16)}</td>
      <td class="path">${path === "" ? NOTHING : path}</td>
      <td>${route ?? NOTHING}</td>
      <td class="${categoryOf(entry)}">${status === 0 ? NOTHING : status}</td>
      <td class="${categoryOf(entry)}">${outcomeText(entry)}</td>
      ${numbers([
        firstByteMs === undefined ? NOTHING : formatDuration(firstByteMs / 1000),
        formatDuration(durationMs / 1000),
        formatBytes(bytesUp),
        formatBytes(bytesDown),
      ])}
    </tr>
  `;
}

function outcomeText({ error, outcome, status }: LogEntry): string {
  if (error !== undefined) return error;
  if (outcome === "upstream_aborted") return "the upstream broke off";
  if (outcome === "client_aborted") return "the client left";
  return status >= 500 ? "the upstream's own error" : "";
}
