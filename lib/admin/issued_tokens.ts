import { formatTime, formatUptime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData, RouteStatus } from "./page_data.ts";
import { NOTHING, table } from "./table.ts";

/** Renders the state of the tokens that issuers issue; nothing if no route has one. */
export function issuedTokens({ routes, now }: PageData): Html {
  const rows = routes.flatMap((route) => route.minted === undefined ? [] : [row(route, route.minted, now)]);
  if (rows.length === 0) return html``;
  return html`
    <h2>Tokens from issuers</h2>
    ${table({
      text: ["Route", "Token", "Last renewal", "Age", "Expires", "Issued", "Last failure"],
      numbers: [],
      rows,
    })}
  `;
}

function row({ name, token }: RouteStatus, status: NonNullable<RouteStatus["minted"]>, now: number): Html {
  const { renewed, expiry, failure, refreshes } = status;
  const since = (time: number) => formatUptime(Math.max(0, now - time) / 1000);
  const isOver = expiry !== undefined && expiry <= now;
  const expires = expiry === undefined
    ? NOTHING
    : isOver
    ? `${since(expiry)} ago`
    : `in ${formatUptime((expiry - now) / 1000)}`;
  return html`
    <tr>
      <td>${name}</td>
      <td>${token}</td>
      <td>${renewed === undefined ? NOTHING : formatTime(renewed)}</td>
      <td>${renewed === undefined ? NOTHING : since(renewed)}</td>
      <td>${expires}</td>
      <td>${refreshes.succeeded}, ${refreshes.failed} failed</td>
      <td class="${failure === undefined ? "" : "refused"}">${failure === undefined
        ? NOTHING
        : `${formatTime(failure.time)} ${failure.text}`}</td>
    </tr>
  `;
}
