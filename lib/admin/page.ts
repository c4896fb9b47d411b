import { barChart } from "./bar_chart.ts";
import { formatDuration, formatTime, formatUptime } from "./format.ts";
import { MINUTES } from "./history.ts";
import { type Html, html } from "./html.ts";
import { lineChart } from "./line_chart.ts";
import type { PageData } from "./page_data.ts";
import { requestTable } from "./request_table.ts";
import { routeTable } from "./route_table.ts";

/** No script, nothing from elsewhere, no form: the page is text, pictures drawn in it and one style sheet. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page for people. It asks for itself again every ten seconds. */
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
    <div class="plots">
    ${charts(data)}</div>
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
    formatUptime((now - startTime) / 1000)
  }, ${inFlight} of at most ${maxInFlight} requests in flight <span class="soft">(as of ${
    formatTime(now)
  } UTC)</span></p>`;
}

function charts({ minutes, now }: PageData): Html[] {
  const label = (at: number) => formatTime(now - (MINUTES - 1 - at) * 60_000).slice(0, 5);
  const quantiles = (share: number) => minutes.map(({ delays }) => delays.quantile(share));
  const series = (tone: "answered" | "refused" | "failed") => ({
    name: tone,
    tone,
    values: minutes.map(({ counts }) => counts[tone]),
  });
  return [
    barChart([series("answered")], { title: "Answered, a minute", format: String, label }),
    barChart([series("refused"), series("failed")], {
      title: "Not answered, a minute",
      format: String,
      label,
    }),
    lineChart([
      { name: "95th percentile", tone: "slow", values: quantiles(0.95) },
      { name: "median", tone: "usual", values: quantiles(0.5) },
    ], { title: "Time to the first byte", format: formatDuration, label }),
  ];
}
