import type { Upstream } from "../config/route/route_config.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import type { Endpoint } from "./endpoint.ts";

/** Returns a base URL that ends with a path which the client expects there, once even if the upstream has it too. */
export function baseUrl({ url, route }: Endpoint, path: string): string {
  return route.upstream.base.endsWith(path) ? url : url + path;
}

/** Returns a warning for clients that append a path to the base URL if the upstream already has it, else nothing. */
export function duplicatePathWarning(upstream: Upstream, path: string): readonly string[] {
  if (!upstream.base.endsWith(path)) return [];
  return [
    `# These clients add ${path} themselves: remove ${path} from the upstream ${upstreamText(upstream)}`,
  ];
}
