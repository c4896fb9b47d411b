import { formatBytes, formatDuration } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData, RouteStatus } from "./page_data.ts";
import { NOTHING, numberCells, table } from "./table.ts";
import { Traffic } from "./traffic.ts";

/** Renders one row per route, then one per name in the history that is not a current route: removed routes, no route. */
export function routeTable({ routes, hour }: PageData): Html {
  const configured = new Set(routes.map(({ name }) => name));
  const others = [...hour.keys()].filter((name) => !configured.has(name));
  const rows = [
    ...routes.map((route) => row(route.name, hour.get(route.name), route)),
    ...others.map((name) => row(name, hour.get(name))),
  ];
  return table({
    text: ["Route", "Upstream", "Token", "Methods"],
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
}

function row(name: string, traffic = new Traffic(), route?: RouteStatus): Html {
  const { counts, delays, bytesUp, bytesDown } = traffic;
  const median = delays.quantile(0.5);
  const methods = [...traffic.methods].toSorted(([, left], [, right]) => right - left);
  const unset = route?.tokenIsSet === false;
  return html`
    <tr>
      <td>${name === "" ? "(no route)" : name}</td>
      <td>${route?.upstream ?? NOTHING}</td>
      <td class="${unset ? "refused" : ""}">${route?.token ?? NOTHING}${unset ? " unset" : ""}</td>
      <td>${methods.map(([method, count]) => `${method} ${count}`).join(", ")}</td>
      ${numberCells([
        counts.served,
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
