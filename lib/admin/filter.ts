import type { LogEntry } from "../log/request_log.ts";
import { type Category, categoryOf } from "./category.ts";
import { type Html, html } from "./html.ts";

/** What the operator's page is narrowed to; undefined: not at all. */
export interface Filter {
  readonly route?: string | undefined;
  readonly client?: string | undefined;
  readonly outcome?: Category | undefined;
}

const CATEGORIES: readonly Category[] = ["served", "refused", "failed"];

/** The maximum length of a value, in characters. */
const VALUE_LIMIT = 512;

/** Reads the filter from the page's query, with or without its `?`. Anything else in it is ignored. */
export function parseFilter(query: string): Filter {
  const parameters = new URLSearchParams(query.slice(0, 4 * VALUE_LIMIT));
  const outcome = parameters.get("outcome");
  return {
    route: parameters.get("route") ?? undefined,
    client: parameters.get("client") ?? undefined,
    outcome: CATEGORIES.find((each) => each === outcome),
  };
}

/** Returns the reference to the page with a filter. */
export function hrefOf(filter: Filter): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) parameters.set(name, value);
  return parameters.size === 0 ? "./" : `?${parameters}`;
}

/** Reports whether a request passes a filter. */
export function passes(entry: LogEntry, { route, client, outcome }: Filter): boolean {
  return (route === undefined || (entry.route ?? "") === route) &&
    (client === undefined || entry.clientName === client) &&
    (outcome === undefined || categoryOf(entry) === outcome);
}

/** Renders a value as a link to the page with the filter changed. */
export function filterLink(text: string, filter: Filter): Html {
  return html`<a href="${hrefOf(filter)}">${text}</a>`;
}

/** Renders what the page is narrowed to, with a link that widens it again for each part. */
export function filterBar(filter: Filter): Html {
  const parts = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (parts.length === 0) {
    return html`<p class="soft">Follow a route, a client or an outcome to see only its requests.</p>`;
  }
  return html`<p class="filter">Only ${
    parts.map(([name, value]) =>
      html`<span>${name} <b>${value === "" ? "(no route)" : value}</b> ${
        filterLink("×", { ...filter, [name]: undefined })
      }</span>`
    )
  } ${filterLink("show all", {})}</p>`;
}
