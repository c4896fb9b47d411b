import type { LogEntry } from "../log/request_log.ts";
import { fateOf, Minute, MINUTES } from "./history.ts";
import { type Html, html } from "./html.ts";
import { bars, lines } from "./plot.ts";
import { delay, size, span } from "./units.ts";

/** No script, nothing from elsewhere, no form: the page is text, pictures drawn in it and one style sheet. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the page shows of a route. */
export interface RouteRow {
  readonly name: string;
  /** As the table spells it: scheme, authority and base. */
  readonly upstream: string;
  /** The name of the variable or file, never what it holds. */
  readonly token: string;
  readonly tokenIsSet: boolean;
  readonly connections: number;
}

export interface PageData {
  readonly version: string;
  /** In milliseconds since 1970, both. */
  readonly now: number;
  readonly startTime: number;
  readonly draining: boolean;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly routes: readonly RouteRow[];
  /** The last hour, all routes together, the oldest minute first. */
  readonly minutes: readonly Minute[];
  /** The last hour by route. */
  readonly hour: ReadonlyMap<string, Minute>;
  /** The latest first. */
  readonly recent: readonly LogEntry[];
}

/** The page for people. It asks for itself again every ten seconds. */
export function page(data: PageData): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="refresh" content="10">
        <title>cred-proxy</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="style.css">
      </head>
      <body>
    <h1>cred-proxy ${data.version}</h1>
    ${summary(data)}
    <div class="plots">
    ${plots(data)}</div>
    <h2>Routes, and what was asked of them in the last hour</h2>
    ${routeTable(data)}
    <h2>The last requests</h2>
    ${requestTable(data)}
      </body>
    </html>
  `.toString().trim();
}

function summary({ now, startTime, draining, inFlight, maxInFlight }: PageData): Html {
  const state = draining
    ? html`<span class="state refused">stopping</span>`
    : html`<span class="state">serving</span>`;
  return html`<p>${state} for ${
    span((now - startTime) / 1000)
  }, ${inFlight} of at most ${maxInFlight} requests in flight <span class="soft">(as of ${
    clock(now)
  } UTC)</span></p>`;
}

function plots({ minutes, now }: PageData): Html[] {
  const moment = (at: number) => clock(now - (MINUTES - 1 - at) * 60_000).slice(0, 5);
  const quantiles = (share: number) => minutes.map(({ delays }) => delays.quantile(share));
  const series = (tone: "answered" | "refused" | "failed") => ({
    name: tone,
    tone,
    values: minutes.map(({ fates }) => fates[tone]),
  });
  return [
    bars([series("answered")], { title: "Answered, a minute", unit: String, moment }),
    bars([series("refused"), series("failed")], { title: "Not answered, a minute", unit: String, moment }),
    lines([
      { name: "95th percentile", tone: "slow", values: quantiles(0.95) },
      { name: "median", tone: "usual", values: quantiles(0.5) },
    ], { title: "Time to the first byte", unit: delay, moment }),
  ];
}

function routeTable({ routes, hour }: PageData): Html {
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

function routeRow(name: string, route: RouteRow | undefined, sum = new Minute()): Html {
  const { fates, delays, methods, bytesUp, bytesDown } = sum;
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
        fates.answered,
        fates.refused,
        fates.failed,
        median === undefined ? NOTHING : delay(median),
        size(bytesUp),
        size(bytesDown),
        route?.connections ?? NOTHING,
      ])}
    </tr>
  `;
}

function requestTable({ recent }: PageData): Html {
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
      <td>${clock(time + durationMs)}</td>
      <td>${method.slice(0, 16)}</td>
      <td class="path">${path === "" ? NOTHING : path}</td>
      <td>${route ?? NOTHING}</td>
      <td class="${fateOf(entry)}">${status === 0 ? NOTHING : status}</td>
      <td class="${fateOf(entry)}">${happened(entry)}</td>
      ${numbers([
        firstByteMs === undefined ? NOTHING : delay(firstByteMs / 1000),
        delay(durationMs / 1000),
        size(bytesUp),
        size(bytesDown),
      ])}
    </tr>
  `;
}

const NOTHING = "–";

function table(words: readonly string[], figures: readonly string[], rows: readonly Html[]): Html {
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            ${words.map((name) => html`<th>${name}</th>`)}
            ${figures.map((name) => html`<th class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  `;
}

function numbers(values: readonly (string | number)[]): Html[] {
  return values.map((value) => html`<td class="number">${value}</td>`);
}

function happened({ error, outcome, status }: LogEntry): string {
  if (error !== undefined) return error;
  if (outcome === "upstream_aborted") return "the upstream broke off";
  if (outcome === "client_aborted") return "the client left";
  return status >= 500 ? "the upstream's own error" : "";
}

/** The time of day in UTC: `12:34:56`. */
function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}
