import type { RouteConfig } from "../config/route/route_config.ts";
import { presetOfHost, presetOfPath } from "./find_preset.ts";
import type { Proof } from "./provider.ts";

/**
 * Returns the request that shows whether a route's provider takes the token, with its path below the route's upstream;
 * undefined if none is known, or if it is not below that.
 */
export function findProof(route: RouteConfig): Proof | undefined {
  const preset = presetOfHost(route) ?? presetOfPath(route);
  if (preset?.proof === undefined) return undefined;
  const [, base = ""] = /^https?:\/\/[^/]+(.*)$/.exec(preset.fields.upstream) ?? [];
  const path = base + preset.proof.path;
  const own = route.upstream.base;
  return path.startsWith(`${own}/`) ? { ...preset.proof, path: path.slice(own.length) } : undefined;
}
