import { formatTime, formatUptime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { IssuedToken, PageData } from "./page_data.ts";
import { NOTHING, table } from "./table.ts";

/** The maximum number of rows. */
const ROW_LIMIT = 200;

/**
 * Renders the state of the tokens that issuers issue; nothing if there are none. Those that failed last come first, then
 * those that expire first.
 */
export function issuedTokens({ issued, now, filter }: PageData): Html {
  const wanted = issued.filter(({ route, client }) =>
    (filter.route ?? route) === route && (client === undefined || (filter.client ?? client) === client)
  );
  if (wanted.length === 0) return html``;
  const shown = wanted.length <= ROW_LIMIT ? wanted : wanted.toSorted(byUrgency).slice(0, ROW_LIMIT);
  const named = wanted.some(({ client }) => client !== undefined);
  const more = wanted.length - shown.length;
  return html`
    <h2>Tokens from issuers</h2>
    ${table({
      text: [
        "Route",
        ...named ? ["Client"] : [],
        "Token",
        "Last renewal",
        "Age",
        "Expires",
        "Issued",
        "Last failure",
      ],
      numbers: [],
      rows: shown.map((each) => row(each, now, named)),
    })}
    ${more > 0
      ? html`<p class="soft">and ${more} more, which have not failed last or expire later</p>`
      : undefined}
  `;
}

function byUrgency({ status: left }: IssuedToken, { status: right }: IssuedToken): number {
  return Number(right.failure !== undefined) - Number(left.failure !== undefined) ||
    (left.expiry ?? Number.MAX_VALUE) - (right.expiry ?? Number.MAX_VALUE);
}

function row({ route, client, token, status }: IssuedToken, now: number, named: boolean): Html {
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
      <td>${route}</td>
      ${named ? html`<td>${client ?? NOTHING}</td>` : undefined}
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
