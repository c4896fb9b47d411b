import type { RouteConfig } from "../../lib/config/route/route_config.ts";
import type { ClientOrigin } from "../../lib/proxy/reference/client_origin.ts";
import { ReferenceIndex } from "../../lib/proxy/reference/reference_index.ts";
import { ReferenceRewriter } from "../../lib/proxy/reference/reference_rewriter.ts";
import { RouteReferences } from "../../lib/proxy/reference/route_references.ts";
import type { TokenSource } from "../../lib/tokens/token_source.ts";

/** Returns the rewriter of a request by `http://proxy:9099` on a route, whose client may use other routes as well. */
export function referencesOf(
  route: RouteConfig,
  { token = { current: undefined, former: [] }, others = [], origin, path }: {
    token?: Pick<TokenSource, "current" | "former">;
    others?: readonly RouteConfig[];
    origin?: Partial<ClientOrigin>;
    /** The path of the request. */
    path?: string;
  } = {},
): ReferenceRewriter {
  const own = new RouteReferences(route, token);
  const index = new ReferenceIndex([own, ...others.map((other) => new RouteReferences(other, token))]);
  return new ReferenceRewriter({
    own,
    others: () => index,
    origin: { host: "proxy:9099", isSecure: false, ...origin },
    ...(path !== undefined && { path }),
  });
}
