import { filterLink } from "./filter.ts";
import { formatBytes, formatUptime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { METHOD_LIMIT } from "./request_table.ts";
import { NOTHING, numberCells, table } from "./table.ts";

/** The maximum number of rows. */
const ROW_LIMIT = 50;

/** Renders one row per request in flight, those that have taken longest first; nothing if there is none. */
export function inFlightTable({ current, now, clients, filter }: PageData): Html {
  if (current.length === 0) return html``;
  const named = clients.length > 0;
  const rows = current.slice(0, ROW_LIMIT).map((entry) =>
    html`
      <tr>
        <td>${formatUptime(Math.max(0, now - entry.time) / 1000)}</td>
        ${named ? html`<td>${entry.clientName ?? NOTHING}</td>` : undefined}
        <td>${entry.method.slice(0, METHOD_LIMIT)}</td>
        <td class="path" title="${entry.path}">${entry.path}</td>
        <td>${entry.route === undefined
          ? NOTHING
          : filterLink(entry.route, { ...filter, route: entry.route })}</td>
        <td>${entry.status === 0 ? "waiting" : entry.status}</td>
        ${numberCells([formatBytes(entry.bytesUp), formatBytes(entry.bytesDown)])}
      </tr>
    `
  );
  const more = current.length - rows.length;
  return html`
    <h2>In flight</h2>
    ${table({
      text: ["For", ...named ? ["Client"] : [], "Method", "Path", "Route", "Status"],
      numbers: ["Uploaded", "Downloaded"],
      rows,
    })}
    ${more > 0 ? html`<p class="soft">and ${more} more, which began later</p>` : undefined}
  `;
}
