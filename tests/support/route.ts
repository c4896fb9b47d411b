import type { RouteConfig } from "../../lib/config/route/route_config.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { valueOf } from "./result.ts";

/** Parses a route: Bearer, from `/a/` to `https://api.test`, with the given fields. */
export function routeOf(fields: object = {}): RouteConfig {
  const entry = {
    path: "/a/",
    upstream: "https://api.test",
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
    ...fields,
  };
  return valueOf(parseRoutes(JSON.stringify({ routes: [entry] }))).routes[0] as RouteConfig;
}
