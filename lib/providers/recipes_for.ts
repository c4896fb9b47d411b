import type { RouteConfig } from "../config/route/route_config.ts";
import { anthropic } from "./anthropic.ts";
import { cargo } from "./cargo.ts";
import { curl } from "./curl.ts";
import { gemini } from "./gemini.ts";
import { gh } from "./gh.ts";
import { git } from "./git.ts";
import { npm } from "./npm.ts";
import { openai } from "./openai.ts";
import { pip } from "./pip.ts";
import type { Recipe } from "./recipe.ts";

const BY_HOST: ReadonlyMap<string, readonly Recipe[]> = new Map([
  ["api.anthropic.com", [anthropic]],
  ["api.openai.com", [openai]],
  ["generativelanguage.googleapis.com", [gemini]],
  ["github.com", [git]],
  ["api.github.com", [gh, curl]],
]);

/** Recipes by common names of registries and forges. If several match, the first one wins. */
const BY_WORD: readonly (readonly [word: RegExp, recipe: Recipe])[] = [
  [/^(?:pypi|pip|simple|python)$/, pip],
  [/^(?:cargo|crates|sparse)$/, cargo],
  [/^npm/, npm],
  [/^(?:api|rest|graphql)$/, curl],
  [/^(?:git|gitlab|gitea|forgejo|codeberg|bitbucket|forge)$/, git],
  [/^registry$/, npm],
];

/** Returns the recipes for a route: by the upstream's host, else by words in its URL and the route's path, else curl. */
export function recipesFor(route: RouteConfig): readonly Recipe[] {
  // Clients with a base URL reach a route by its prefix; only gh and curl can reach one by its host.
  const recipes = BY_HOST.get(route.upstream.host) ?? [recipeByWord(route)];
  if (route.host === undefined) return recipes;
  return recipes.includes(gh) ? [gh, curl] : [curl];
}

function recipeByWord(route: RouteConfig): Recipe {
  if (allowsGit(route)) return git;
  // The path comes first, since a single host may serve an API, repositories and packages.
  const sources = [
    route.upstream.base.split("/"),
    route.upstream.host.split(/[.-]/),
    route.path.split("/"),
  ];
  for (const words of sources) {
    const found = BY_WORD.find(([pattern]) => words.some((word) => pattern.test(word.toLowerCase())));
    if (found !== undefined) return found[1];
  }
  return curl;
}

/** Reports whether the route's path patterns include git's service paths. */
function allowsGit({ paths }: RouteConfig): boolean {
  return paths?.some(({ steps }) =>
    /git-(?:upload|receive)-pack$/.test(steps.map((step) => typeof step === "string" ? step : "*").join(""))
  ) ?? false;
}
