import { type RouteConfig, routeName } from "../config/route/route_config.ts";
import { tokenOddity } from "../config/route/token_shape.ts";
import { isInClear, upstreamText } from "../config/route/upstream_url.ts";
import { authorityHosts } from "../config/settings/authority_hosts.ts";
import { authorityAdvice } from "../upstream/trust_advice.ts";
import { openTokenSource, type TokenStores } from "../tokens/open_token_source.ts";

/**
 * Returns a line for each thing that is most likely a mistake, or that sends a token where others may read it.
 *
 * @param ca The authorities trusted in addition to the built-in ones, in PEM.
 */
export function routeWarnings(
  routes: readonly RouteConfig[],
  stores: TokenStores,
  ca: string | undefined,
): ReadonlySet<string> {
  const lines = new Set<string>();
  const authorities = new Set(ca === undefined ? [] : authorityHosts(ca));
  for (const route of routes) {
    const { scheme, host } = route.upstream;
    if (scheme === "https" && authorities.has(host)) {
      lines.add(`CRED_PROXY_CA_FILE: ${authorityAdvice(host)}`);
    }
    if (isInClear(route.upstream) && !route.anonymous) {
      const upstream = upstreamText(route.upstream);
      lines.add(
        `${routeName(route)}: sends its token in clear to ${upstream}; use https:// if it can be had`,
      );
    }
    if (route.tokenFrom !== undefined && isInClear(route.tokenFrom.endpoint.upstream)) {
      const issuer = upstreamText(route.tokenFrom.endpoint.upstream);
      lines.add(
        `${routeName(route)}: sends its secrets in clear to ${issuer}; use https:// if it can be had`,
      );
    }
    const source = openTokenSource(route, stores);
    // Keys that sign are several secrets.
    const tokens = route.signWith === undefined ? [source.current] : source.secrets ?? [];
    for (const token of tokens) {
      const oddity = token && tokenOddity(token, route);
      if (oddity !== undefined) lines.add(`${source.describe()}: ${oddity}`);
    }
  }
  return lines;
}
