import type { Counts } from "./counts.ts";
import { filterLink } from "./filter.ts";
import { formatBytes } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { ClientStatus, PageData } from "./page_data.ts";
import { NOTHING, numberCells, table } from "./table.ts";

/** The maximum number of rows. */
const ROW_LIMIT = 200;

/** Renders one row per client: those with the most requests first, then those without any. */
export function clientTable({ clients, hourByClient, filter }: PageData): Html {
  if (clients.length === 0 && hourByClient.size === 0) return html``;
  const configured = new Map(clients.map((client) => [client.name, client]));
  const names = [...new Set([...hourByClient.keys(), ...configured.keys()])]
    .filter((name) => (filter.client ?? name) === name)
    .toSorted((left, right) => total(hourByClient.get(right)) - total(hourByClient.get(left)));
  const rows = names.slice(0, ROW_LIMIT).map((name) =>
    row(name, configured.get(name), hourByClient.get(name))
  );
  const more = names.length - rows.length;
  return html`
    <h2>Clients, last hour</h2>
    ${table({
      text: ["Client", "Known by", "Routes"],
      numbers: ["Served", "Refused", "Failed", "In flight", "Uploaded", "Downloaded"],
      rows: rows.map((each) => each(filter)),
    })}
    ${more > 0 ? html`<p class="soft">and ${more} more, with fewer requests</p>` : undefined}
  `;
}

function total(counts: Counts | undefined): number {
  return counts === undefined ? 0 : counts.counts.served + counts.counts.refused + counts.counts.failed;
}

function row(name: string, client: ClientStatus | undefined, counts: Counts | undefined) {
  return (filter: PageData["filter"]) =>
    html`
      <tr>
        <td>${filterLink(name, { ...filter, client: name })}</td>
        <td class="wrap ${client?.problem === undefined ? "" : "refused"}">${client?.proof ??
          "no longer in the table"}${client?.problem === undefined ? "" : ` ${client.problem}`}</td>
        <td class="wrap">${client?.routes ?? NOTHING}</td>
        ${numberCells([
          counts?.counts.served ?? 0,
          counts?.counts.refused ?? 0,
          counts?.counts.failed ?? 0,
          client === undefined ? NOTHING : limited(client),
          formatBytes(counts?.bytesUp ?? 0),
          formatBytes(counts?.bytesDown ?? 0),
        ])}
      </tr>
    `;
}

function limited({ inFlight, maxInFlight }: ClientStatus): string {
  return maxInFlight === undefined ? String(inFlight) : `${inFlight} of ${maxInFlight}`;
}
