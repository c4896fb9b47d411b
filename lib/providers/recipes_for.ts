/**
 * Which clients a route is for.
 *
 * @module
 */

import type { RouteConfig } from "../config/route/route_config.ts";
import { anthropic } from "./anthropic.ts";
import { cargo } from "./cargo.ts";
import type { Recipe } from "./recipe.ts";
import { curl } from "./curl.ts";
import { gemini } from "./gemini.ts";
import { gh } from "./gh.ts";
import { git } from "./git.ts";
import { npm } from "./npm.ts";
import { openai } from "./openai.ts";
import { pip } from "./pip.ts";

const BY_HOST: ReadonlyMap<string, readonly Recipe[]> = new Map([
  ["api.anthropic.com", [anthropic]],
  ["api.openai.com", [openai]],
  ["generativelanguage.googleapis.com", [gemini]],
  ["github.com", [git]],
  ["api.github.com", [gh, curl]],
]);

/** Words by which people call what a registry or a forge serves. Of the words in one place, the first line here counts. */
const BY_WORD: readonly (readonly [words: RegExp, client: Recipe])[] = [
  [/^(?:pypi|pip|simple|python)$/, pip],
  [/^(?:cargo|crates|sparse)$/, cargo],
  [/^npm/, npm],
  [/^(?:api|rest|graphql)$/, curl],
  [/^(?:git|gitlab|gitea|forgejo|codeberg|bitbucket|forge)$/, git],
  [/^registry$/, npm],
];

/** The clients that a route is for: by its upstream's host, else by the words in the table, else curl. */
export function recipesFor(route: RouteConfig): readonly Recipe[] {
  // A client that has a base URL finds a route by its prefix. Only these two can be sent to one by its host.
  const suited = BY_HOST.get(route.upstream.host) ?? [clientByWord(route)];
  if (route.host === undefined) return suited;
  return suited.includes(gh) ? [gh, curl] : [curl];
}

function clientByWord(route: RouteConfig): Recipe {
  if (readsGit(route)) return git;
  // The upstream's path says more than its host: one host may have an API, repositories and packages.
  const places = [
    route.upstream.base.split("/"),
    route.upstream.host.split(/[.-]/),
    route.path.split("/"),
  ];
  for (const words of places) {
    const found = BY_WORD.find(([pattern]) => words.some((word) => pattern.test(word.toLowerCase())));
    if (found !== undefined) return found[1];
  }
  return curl;
}

/** Whether the route's patterns speak of git's own resources. */
function readsGit({ paths }: RouteConfig): boolean {
  return paths?.some(({ steps }) =>
    /git-(?:upload|receive)-pack$/.test(steps.map((step) => typeof step === "string" ? step : "*").join(""))
  ) ?? false;
}
