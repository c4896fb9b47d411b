import type { RouteConfig } from "../../lib/config/route/route_config.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { valueOf } from "./result.ts";

/** A route as a table makes it: Bearer, from `/a/` to `https://api.test`, but for what the fields say. */
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
