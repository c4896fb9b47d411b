import type { RouteConfig } from "../config/route/route_config.ts";
import { didYouMean } from "../config/reader/did_you_mean.ts";
import { findCalls } from "../providers/find_calls.ts";

/** Beyond this number of routes, names are not compared: a client may ask for many paths that do not exist. */
const COMPARED = 64;

/** The number of routes that are listed in full. */
const LISTED = 5;

/** The maximum length of a path for which there is a suggestion, in characters. */
const PATH_LIMIT = 200;

/** What to suggest for a path that has no route: where somebody who forgot or misspelled a prefix wanted to go. */
export class RouteSuggestions {
  readonly #prefixes: readonly string[];
  /** The prefixes of providers, by the beginning of the paths that their clients ask for. */
  readonly #calls: readonly (readonly [call: string, prefix: string])[];

  constructor(routes: readonly RouteConfig[]) {
    const byPath = routes.filter(({ host }) => host === undefined);
    this.#prefixes = byPath.map(({ path }) => path);
    this.#calls = byPath.flatMap((route) => findCalls(route).map((call) => [call, route.path] as const));
  }

  /** Returns the end of a message, or nothing. */
  for(path: string): string {
    if (path.length > PATH_LIMIT) return "";
    const [, prefix] = this.#calls.find(([call]) => path === call || path.startsWith(`${call}/`)) ?? [];
    if (prefix !== undefined) return `; did you mean ${prefix.slice(0, -1)}${path}?`;
    const [, first = ""] = /^(\/[^/]*)/.exec(path) ?? [];
    // Nearly every short name is like another.
    if (first.length > 3 && this.#prefixes.length <= COMPARED) {
      const hint = didYouMean(`${first}/`, this.#prefixes);
      if (hint !== "") return hint.replace(/\/\?$/, `${path.slice(first.length)}?`);
    }
    return this.#prefixes.length > LISTED || this.#prefixes.length === 0
      ? ""
      : `; the routes are ${this.#prefixes.join(", ")}`;
  }
}
