import { formatBytes, formatDuration } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData, RouteRow } from "./page_data.ts";
import { NOTHING, numbers, table } from "./table.ts";
import { Traffic } from "./traffic.ts";

export function routeTable({ routes, hour }: PageData): Html {
  const known = routes.map(({ name }) => name);
  const others = [...hour.keys()].filter((name) => !known.includes(name));
  const rows = [
    ...routes.map((route) => routeRow(route.name, route, hour.get(route.name))),
    ...others.map((name) => routeRow(name, undefined, hour.get(name))),
  ];
  return table(
    ["Route", "Upstream", "Token", "Methods"],
    ["Answered", "Refused", "Failed", "First byte, median", "Up", "Down", "Connections now"],
    rows,
  );
}

function routeRow(name: string, route: RouteRow | undefined, sum = new Traffic()): Html {
  const { counts, delays, methods, bytesUp, bytesDown } = sum;
  const median = delays.quantile(0.5);
  const asked = [...methods].toSorted(([, one], [, other]) => other - one);
  const unset = route?.tokenIsSet === false;
  return html`
    <tr>
      <td>${name === "" ? "(no route)" : name}</td>
      <td>${route?.upstream ?? NOTHING}</td>
      <td class="${unset ? "refused" : ""}">${route?.token ?? NOTHING}${unset ? " unset" : ""}</td>
      <td>${asked.map(([method, count]) => `${method} ${count}`).join(", ")}</td>
      ${numbers([
        counts.answered,
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
