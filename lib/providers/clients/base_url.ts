import type { Upstream } from "../../config/route/route_config.ts";
import { upstreamText } from "../../config/route/upstream_url.ts";
import type { Endpoint } from "./endpoint.ts";

/** Returns a base URL that ends with the path that the client expects, which is not repeated if the upstream has it. */
export function baseUrl({ url, route }: Endpoint, path: string): string {
  return route.upstream.base.endsWith(path) ? url : url + path;
}

/** Returns a warning if clients append a path to the base URL that the upstream already has; otherwise nothing. */
export function duplicatePathWarning(upstream: Upstream, path: string): readonly string[] {
  if (!upstream.base.endsWith(path)) return [];
  return [
    `# These clients append ${path} themselves; remove ${path} from the upstream ${upstreamText(upstream)}`,
  ];
}
