import type { RouteConfig } from "../../config/route/route_config.ts";
import { tokenPlacement } from "../../config/route/placement.ts";
import { Refusal } from "../../http/refusal.ts";
import type { OutgoingField } from "../../upstream/transport.ts";
import { upstreamTarget } from "../build_request.ts";
import { assertPolicy, type RoutePolicy } from "../policy.ts";
import { parseTarget, type Target } from "../target.ts";
import { authorityOf, parseReference, pathBelow, type Reference } from "./reference.ts";

/** Methods whose target is one of two resources: RFC 4918, sections 9.8 and 9.9. */
const WITH_DESTINATION: ReadonlySet<string> = new Set(["MOVE", "COPY"]);

/** What some servers read as a URL: a backslash for a slash, or too few slashes. */
const AMBIGUOUS = /\\|^(?:https?|wss?):(?!\/\/)/i;

/** The request whose Destination is rewritten. */
export interface DestinationOptions {
  readonly method: string;
  /** The Host field's value, already validated. */
  readonly host: string;
  readonly route: Pick<RouteConfig, "path" | "upstream" | "authQuery" | "signWith">;
  readonly policies: readonly RoutePolicy[];
}

/**
 * Rewrites the Destination of a WebDAV request from the route to the upstream: RFC 4918, section 10.3. Destinations that do
 * not lead to the proxy stay as they are, such as those of stores that count from a folder of their own.
 *
 * @throws {Refusal} If it leads to another route, or to where the route does not lead.
 */
export function rewriteDestination(fields: OutgoingField[], options: DestinationOptions): void {
  if (!WITH_DESTINATION.has(options.method)) return;
  const at = fields.findIndex(([name]) => name === "destination");
  const [name = "", value] = fields[at] ?? [];
  if (typeof value === "string") fields[at] = [name, atUpstream(value, options)];
}

function atUpstream(value: string, { method, host, route, policies }: DestinationOptions): string {
  if (AMBIGUOUS.test(value)) throw new Refusal("bad_request", "its Destination is in an unusual spelling");
  const reference = parseReference(value);
  if (reference === undefined) return value;
  const { authority } = reference;
  let { path } = reference;
  if (authority !== undefined && plain(authority) !== plain(host)) {
    if (!namesUpstream(reference, route)) return value;
    path = onRoute(reference, route);
  }
  if (!path.startsWith(route.path)) {
    if (authority === undefined) return value;
    throw new Refusal("bad_request", "its Destination is on another route");
  }
  if (tokenPlacement(route) === "path") {
    throw new Refusal(
      "bad_request",
      "the route's upstream has a token in its path, so it can have no Destination",
    );
  }
  const target = targetOf(path, host);
  for (const policy of policies) assertPolicy(policy, { method, target, headers: new Headers() });
  const { scheme, authority: upstream } = route.upstream;
  const base = authority === undefined ? "" : `${scheme}://${upstream}`;
  return base + upstreamTarget(route, target);
}

function namesUpstream(reference: Reference, { upstream }: DestinationOptions["route"]): boolean {
  const authority = reference.authority?.replace(/^.*@/, "");
  return authorityOf({ ...reference, authority }, upstream) === upstream.authority;
}

/** Returns the path on the route of a Destination that names the upstream itself. */
function onRoute({ path }: Reference, route: DestinationOptions["route"]): string {
  const below = pathBelow(route.upstream.base, path);
  if (below !== undefined) return route.path.slice(0, -1) + below;
  throw new Refusal("bad_request", "its Destination is out of the upstream's path");
}

function targetOf(path: string, host: string): Target {
  try {
    return parseTarget(`http://${host}${path}`, host);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("bad_request", "its Destination is not a path that can be forwarded", { cause: error });
  }
}

/** Returns an authority without the ports of http and https, since a balancer may have another than the listener. */
function plain(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)?$/, "");
}
