import { barChart } from "./bar_chart.ts";
import type { Category } from "./category.ts";
import type { Series } from "./chart.ts";
import { formatDuration, formatTime, formatUptime } from "./format.ts";
import { MINUTES } from "./history.ts";
import { type Html, html } from "./html.ts";
import { issuedTokens } from "./issued_tokens.ts";
import { lineChart } from "./line_chart.ts";
import type { PageData } from "./page_data.ts";
import { requestTable } from "./request_table.ts";
import { routeTable } from "./route_table.ts";

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
    <div class="charts">
    ${charts(data)}</div>
    <h2>Routes, last hour</h2>
    ${routeTable(data)}
    ${issuedTokens(data)}
    <h2>Recent requests</h2>
    ${requestTable(data)}
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

function charts({ minutes, now }: PageData): Html[] {
  const label = (at: number) => formatTime(now - (MINUTES - 1 - at) * 60_000).slice(0, 5);
  const quantiles = (share: number) => minutes.map(({ delays }) => delays.quantile(share));
  const series = (category: Category): Series => ({
    name: category,
    tone: category,
    values: minutes.map(({ counts }) => counts[category]),
  });
  return [
    barChart([series("served")], { title: "Served per minute", format: String, label }),
    barChart([series("refused"), series("failed")], {
      title: "Refused or failed per minute",
      format: String,
      label,
    }),
    lineChart([
      { name: "95th percentile", tone: "slow", values: quantiles(0.95) },
      { name: "median", tone: "usual", values: quantiles(0.5) },
    ], { title: "Time to first byte", format: formatDuration, label }),
  ];
}
