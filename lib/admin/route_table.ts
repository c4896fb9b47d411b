import { type Filter, filterLink } from "./filter.ts";
import { formatBytes, formatDuration, formatTime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData, RouteStatus } from "./page_data.ts";
import { NOTHING, numberCells, table } from "./table.ts";
import { Traffic } from "./traffic.ts";

/** The maximum number of rows. */
const ROW_LIMIT = 200;

/** Renders one row per route, then one per name in the history that is not a current route: removed routes, no route. */
export function routeTable({ routes, hour, filter }: PageData): Html {
  const configured = new Map(routes.map((route) => [route.name, route]));
  const others = [...hour.keys()].filter((name) => !configured.has(name));
  const names = [...configured.keys(), ...others].filter((name) => (filter.route ?? name) === name);
  // A table of hundreds of routes would be all that the page shows.
  const shown = names.length <= ROW_LIMIT
    ? names
    : names.toSorted((left, right) => total(hour.get(right)) - total(hour.get(left))).slice(0, ROW_LIMIT);
  const rows = shown.map((name) =>
    row(name, { traffic: hour.get(name), route: configured.get(name), filter })
  );
  const more = names.length - shown.length;
  const content = table({
    text: ["Route", "Upstream", "Token"],
    numbers: [
      "Served",
      "Refused",
      "Failed",
      "Median first byte",
      "Uploaded",
      "Downloaded",
      "Open connections",
    ],
    rows,
  });
  return more > 0 ? html`${content}<p class="soft">and ${more} more, with fewer requests</p>` : content;
}

function total({ counts }: Traffic = new Traffic()): number {
  return counts.served + counts.refused + counts.failed;
}

interface RowData {
  readonly traffic: Traffic | undefined;
  readonly route: RouteStatus | undefined;
  readonly filter: Filter;
}

function row(name: string, { traffic = new Traffic(), route, filter }: RowData): Html {
  const { counts, delays, bytesUp, bytesDown } = traffic;
  const median = delays.quantile(0.5);
  const methods = [...traffic.methods].toSorted(([, left], [, right]) => right - left)
    .map(([method, count]) => `${method} ${count}`).join(", ");
  const isWarning = route?.tokenIsSet === false || route?.health?.refusedSince !== undefined;
  return html`
    <tr>
      <td>${filterLink(name === "" ? "(no route)" : name, { ...filter, route: name })}</td>
      <td class="wrap">${route?.upstream ?? NOTHING}</td>
      <td class="wrap ${isWarning ? "refused" : ""}">${tokenText(route)}</td>
      ${numberCells([
        html`<span title="${methods}">${counts.served}</span>`,
        counts.refused,
        counts.failed,
        median === undefined ? NOTHING : formatDuration(median),
        formatBytes(bytesUp),
        formatBytes(bytesDown),
        route?.connections ?? NOTHING,
      ])}
    </tr>
  `;
}

/** Describes a route's token: where it comes from, and what the upstream last said to it. */
function tokenText(route: RouteStatus | undefined): string {
  if (route === undefined) return NOTHING;
  if (!route.tokenIsSet) return `${route.token} unset`;
  const { refusedSince, refusedAt, acceptedAt } = route.health ?? {};
  if (refusedSince !== undefined) return `${route.token} refused since ${formatTime(refusedSince)}`;
  const accepted = acceptedAt === undefined ? "" : `, accepted at ${formatTime(acceptedAt)}`;
  const refused = refusedAt === undefined ? "" : `, refused at ${formatTime(refusedAt)}`;
  return `${route.token}${accepted}${refused}`;
}
