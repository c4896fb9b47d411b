import type { LogEntry } from "../log/request_log.ts";
import { categoryOf } from "./category.ts";
import { type Filter, filterLink } from "./filter.ts";
import { formatBytes, formatDuration, formatTime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { NOTHING, numberCells, table } from "./table.ts";

/** The maximum number of characters of a method that are shown: clients may send invalid, very long ones. */
export const METHOD_LIMIT = 16;

/** The maximum number of rows. */
const ROW_LIMIT = 100;

/** Renders one row per recent request. */
export function requestTable({ recent, clients, filter }: PageData): Html {
  if (recent.length === 0) return html`<p class="soft">None yet.</p>`;
  const named = clients.length > 0;
  return table({
    text: ["Ended (UTC)", ...named ? ["Client"] : [], "Method", "Path", "Route", "Status", "Outcome"],
    numbers: ["First byte", "Duration", "Uploaded", "Downloaded"],
    rows: recent.slice(0, ROW_LIMIT).map((entry) => row(entry, filter, named)),
  });
}

function row(entry: LogEntry, filter: Filter, named: boolean): Html {
  const { method, path, route, status, firstByteMs, durationMs, bytesUp, bytesDown, time, clientName } =
    entry;
  const category = categoryOf(entry);
  return html`
    <tr>
      <td>${formatTime(time + durationMs)}</td>
      ${named
        ? html`<td>${
          clientName === undefined ? NOTHING : filterLink(clientName, { ...filter, client: clientName })
        }</td>`
        : undefined}
      <td>${method.slice(0, METHOD_LIMIT)}</td>
      <td class="path" title="${path}">${path === "" ? NOTHING : path}</td>
      <td>${route === undefined ? NOTHING : filterLink(route, { ...filter, route })}</td>
      <td class="${isTokenRefusal(entry) ? "refused" : category}">${status === 0 ? NOTHING : status}</td>
      <td class="${category} wrap">${filterLink(outcomeText(entry) || category, {
        ...filter,
        outcome: category,
      })}</td>
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
  if (outcome === "withheld") return "withheld";
  if (outcome === "revoked") return "client revoked";
  if (outcome === "overloaded") return "cut: memory";
  if (webSocket !== undefined) return `closed ${webSocket.closeCode}`;
  return status >= 500 ? "upstream error" : "";
}

/** Reports whether the upstream refused the token, or what the token may do. */
function isTokenRefusal({ status, error }: LogEntry): boolean {
  return error === undefined && (status === 401 || status === 403);
}
