import type { RouteConfig } from "../config/route/route_config.ts";
import { cargo } from "./clients/cargo.ts";
import { containerRegistry } from "./clients/container_registry.ts";
import { curl } from "./clients/curl.ts";
import { gh } from "./clients/gh.ts";
import { git } from "./clients/git.ts";
import { goModules } from "./clients/go_modules.ts";
import { kubernetes } from "./clients/kubernetes.ts";
import { maven } from "./clients/maven.ts";
import { npm } from "./clients/npm.ts";
import { pip } from "./clients/pip.ts";
import type { Recipe } from "./clients/recipe.ts";
import { restic } from "./clients/restic.ts";
import { webdav } from "./clients/webdav.ts";
import { presetOfHost, presetOfPath } from "./find_preset.ts";

/** Recipes by common names of registries and forges. If several match, the first one wins. */
const BY_WORD: readonly (readonly [word: RegExp, recipe: Recipe])[] = [
  [/^(?:pypi|pip|simple|python)$/, pip],
  [/^(?:cargo|crates|sparse)$/, cargo],
  [/^npm/, npm],
  [/^(?:go|goproxy|golang)$/, goModules],
  [/^maven/, maven],
  [/^(?:dav|webdav)$/, webdav],
  [/^restic$/, restic],
  [/^(?:k8s|kube|kubernetes)$/, kubernetes],
  [/^(?:api|rest|graphql)$/, curl],
  [/^(?:git|gitlab|gitea|forgejo|codeberg|bitbucket|forge)$/, git],
  [/^registry$/, npm],
];

/** The only path that clients of a registry of container images ask for. */
const REGISTRY_PATH = "/v2/";

/**
 * Returns the recipes for a route: those of the provider that the upstream's host is known for, else of the preset that
 * the route's path is from, else by words in its URL and path, else curl.
 */
export function recipesFor(route: RouteConfig): readonly Recipe[] {
  if (route.anonymous) return [];
  // Clients with a base URL reach a route by its prefix; only gh and curl can reach one by its host.
  const preset = presetOfHost(route) ?? presetOfPath(route);
  const recipes = preset?.clients ?? [recipeByWord(route)];
  if (route.host === undefined) return recipes;
  return recipes.includes(gh) ? [gh, curl] : [curl];
}

function recipeByWord(route: RouteConfig): Recipe {
  if (allowsGit(route)) return git;
  if (route.path === REGISTRY_PATH) return containerRegistry;
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
