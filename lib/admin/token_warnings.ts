import { filterLink } from "./filter.ts";
import { formatTime, formatUptime } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";

/** Renders a line for each token that its upstream refuses now. */
export function tokenWarnings({ tokens, now }: PageData): Html[] {
  return tokens.flatMap(({ route, token, refusedSince, acceptedAt }) => {
    if (refusedSince === undefined) return [];
    const since = formatUptime(Math.max(0, now - refusedSince) / 1000);
    const last = acceptedAt === undefined ? "never accepted" : `last accepted at ${formatTime(acceptedAt)}`;
    return [
      html`
        <p
          class="warning"><b>${token}</b> has been refused by the upstream of ${filterLink(route, {
            route,
          })} for ${since} (${last})</p>
      `,
    ];
  });
}
