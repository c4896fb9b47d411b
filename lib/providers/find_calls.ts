import type { RouteConfig } from "../config/route/route_config.ts";
import { presetOfHost, presetOfPath } from "./find_preset.ts";

/** Returns the beginnings of the paths that the clients of a route's provider ask for, below the route. */
export function findCalls(route: RouteConfig): readonly string[] {
  return (presetOfHost(route) ?? presetOfPath(route))?.calls ?? [];
}
