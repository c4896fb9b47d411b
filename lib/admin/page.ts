import { barChart } from "./bar_chart.ts";
import type { Category } from "./category.ts";
import type { Series } from "./chart.ts";
import { clientTable } from "./client_table.ts";
import { filterBar } from "./filter.ts";
import { formatDuration, formatTime, formatUptime } from "./format.ts";
import { MINUTES } from "./history.ts";
import { type Html, html } from "./html.ts";
import { inFlightTable } from "./in_flight_table.ts";
import { issuedTokens } from "./issued_tokens.ts";
import { lineChart } from "./line_chart.ts";
import type { PageData } from "./page_data.ts";
import { requestTable } from "./request_table.ts";
import { routeTable } from "./route_table.ts";
import { tokenWarnings } from "./token_warnings.ts";

/** The policy of a page of text, inline SVG and one style sheet: no scripts, no forms, no other origins. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Renders the operator's page as an HTML document that reloads itself every ten seconds. */
export function renderPage(data: PageData): string {
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
    ${tokenWarnings(data)}
    ${isEmpty(data)
      ? firstSteps(data)
      : html`${filterBar(data.filter)}<div class="charts">${charts(data)}</div>`}
    ${inFlightTable(data)}
    ${clientTable(data)}
    <h2>Routes, last hour</h2>
    ${routeTable(data)}
    ${issuedTokens(data)}
    ${isEmpty(data) ? undefined : html`<h2>Recent requests</h2>${requestTable(data)}`}
      </body>
    </html>
  `.toString().trim();
}

function summary({ now, startTime, draining, inFlight, maxInFlight, webSockets }: PageData): Html {
  const state = draining
    ? html`<span class="state refused">draining</span>`
    : html`<span class="state">serving</span>`;
  const uptime = formatUptime((now - startTime) / 1000);
  return html`<p>${state}, up ${uptime}, ${inFlight} of at most ${maxInFlight} requests in flight${
    webSockets === 0 ? "" : `, ${webSockets} of them WebSockets`
  } <span class="soft">(at ${formatTime(now)} UTC)</span></p>`;
}

/** Reports whether there has been no request yet. */
function isEmpty({ recent, inFlight, filter }: PageData): boolean {
  return recent.length === 0 && inFlight === 0 && Object.values(filter).every((value) => value === undefined);
}

function firstSteps({ setup }: PageData): Html {
  return html`
    <h2>No request yet</h2>
    <p>Point an agent at this proxy where the agent runs. <code>cred-proxy clients</code> prints the lines for every route
    and client; for example:</p>
    <pre>${setup}</pre>
  `;
}

/** The minimum number of minutes that charts show. */
const LEAST_MINUTES = 10;

function charts({ minutes: all, now, startTime, filter }: PageData): Html[] {
  // No more than the service has been up, so that a chart is not mostly empty.
  const span = Math.min(MINUTES, Math.max(LEAST_MINUTES, Math.ceil((now - startTime) / 60_000) + 1));
  const minutes = all.slice(-span);
  const since = span === MINUTES ? "an hour ago" : `${span} min ago`;
  const label = (at: number) => formatTime(now - (span - 1 - at) * 60_000).slice(0, 5);
  const quantiles = (share: number) => minutes.map(({ delays }) => delays?.quantile(share));
  const shows = (category: Category) => (filter.outcome ?? category) === category;
  const series = (category: Category): Series => ({
    name: category,
    tone: category,
    values: minutes.map(({ counts }) => counts[category]),
  });
  const bars: Html[] = [];
  if (shows("served")) {
    bars.push(barChart([series("served")], { title: "Served per minute", format: String, label, since }));
  }
  const rest = (["refused", "failed"] as const).filter(shows);
  if (rest.length > 0) {
    const title = `${
      rest.length > 1 ? "Refused or failed" : rest[0] === "failed" ? "Failed" : "Refused"
    } per minute`;
    bars.push(barChart(rest.map(series), { title, format: String, label, since }));
  }
  // Delays are known by route only.
  if (minutes.every(({ delays }) => delays === undefined)) return bars;
  return [
    ...bars,
    lineChart([
      { name: "95th percentile", tone: "slow", values: quantiles(0.95) },
      { name: "median", tone: "usual", values: quantiles(0.5) },
    ], { title: "Time to first byte", format: formatDuration, label, since }),
  ];
}
