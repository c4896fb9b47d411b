import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { didYouMean } from "../config/reader/did_you_mean.ts";

/** The route that a person means by its path, with or without the slashes, or by its host; or a text that says why none. */
export function findRoute(routes: readonly RouteConfig[], name: string): RouteConfig | string {
  const path = `/${name}/`.replaceAll(/\/{2,}/g, "/");
  const host = name.toLowerCase();
  const found = routes.find((route) => route.host === undefined ? route.path === path : route.host === host);
  if (found !== undefined) return found;
  const names = routes.map(routeName);
  const hint = didYouMean(path, names) || didYouMean(host, names) || `; the table has ${names.join(", ")}`;
  return `no route ${JSON.stringify(name)}${hint}`;
}
