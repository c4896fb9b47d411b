import { didYouMean } from "../config/reader/did_you_mean.ts";
import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { fail, ok, type Result } from "../core/result.ts";

/** Finds a route by its path, with or without leading and trailing slash, or by its host. */
export function findRoute(routes: readonly RouteConfig[], name: string): Result<RouteConfig> {
  const path = `/${name}/`.replaceAll(/\/{2,}/g, "/");
  const host = name.toLowerCase();
  const found = routes.find((route) => route.host === undefined ? route.path === path : route.host === host);
  if (found !== undefined) return ok(found);
  const names = routes.map(routeName);
  const hint = didYouMean(path, names) || didYouMean(host, names) || `; the table has ${names.join(", ")}`;
  return fail(JSON.stringify(name), "unknown_route", `is not a route${hint}`);
}
