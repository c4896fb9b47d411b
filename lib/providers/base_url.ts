import type { Upstream } from "../config/route/route_config.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import type { Endpoint } from "./endpoint.ts";

/** The base URL for a client that wants it to end with this path, whether the upstream has that already or not. */
export function baseUrl({ url, route }: Endpoint, path: string): string {
  return route.upstream.base.endsWith(path) ? url : url + path;
}

/** A line that says so where a client writes a path behind the base URL that the upstream has already, or none. */
export function doubledPath(upstream: Upstream, path: string): readonly string[] {
  if (!upstream.base.endsWith(path)) return [];
  return [`# They ask for ${path}/… themselves: take ${path} from the upstream ${upstreamText(upstream)}`];
}
