import type { RouteConfig } from "../../config/route/route_config.ts";
import { tokenPlacement } from "../../config/route/placement.ts";
import { Refusal } from "../../http/refusal.ts";
import type { OutgoingField } from "../../upstream/transport.ts";
import { upstreamTarget } from "../build_request.ts";
import { assertPolicy, type RoutePolicy } from "../policy.ts";
import { parseTarget, type Target } from "../target.ts";
import { rewriteTags } from "./if_field.ts";
import { authorityOf, parseReference, pathBelow, type Reference } from "./reference.ts";

/** Methods whose target is one of two resources: RFC 4918, sections 9.8 and 9.9. */
const WITH_DESTINATION: ReadonlySet<string> = new Set(["MOVE", "COPY"]);

/** What some servers read as a URL: a backslash for a slash, or too few slashes. */
const AMBIGUOUS = /\\|^(?:https?|wss?):(?!\/\/)/i;

/** The request whose references are rewritten. */
export interface RequestReferenceOptions {
  readonly method: string;
  /** The Host field's value, already validated. */
  readonly host: string;
  readonly route: Pick<RouteConfig, "path" | "upstream" | "authQuery" | "signWith">;
  readonly policies: readonly RoutePolicy[];
}

/**
 * Rewrites the references in a WebDAV request from the route to the upstream: its Destination, and the resources that are
 * named in its If (RFC 4918, sections 10.3 and 10.4). Those that do not lead to the proxy stay as they are, such as those
 * of stores that count from a folder of their own, unless the upstream has a path, which they might leave.
 *
 * @throws {Refusal} If one leads to another route, or to where the route does not lead.
 */
export function rewriteRequestReferences(fields: OutgoingField[], options: RequestReferenceOptions): void {
  for (let at = 0; at < fields.length; at++) {
    const [name, value] = fields[at]!;
    if (typeof value !== "string") continue;
    if (name === "destination" && WITH_DESTINATION.has(options.method)) {
      fields[at] = [name, atUpstream(value, { ...options, field: "Destination" })];
    } else if (name === "if") {
      fields[at] = [name, rewriteTags(value, (tag) => atUpstream(tag, { ...options, field: "If" }))];
    }
  }
}

function atUpstream(
  value: string,
  { method, host, route, policies, field }: RequestReferenceOptions & { readonly field: string },
): string {
  if (AMBIGUOUS.test(value)) throw new Refusal("bad_request", `its ${field} is in an unusual spelling`);
  const reference = parseReference(value);
  if (reference === undefined) return unknown(value, { route, field });
  const { authority } = reference;
  let { path } = reference;
  if (authority !== undefined && plain(authority) !== plain(host)) {
    if (!namesUpstream(reference, route)) return unknown(value, { route, field });
    path = onRoute(reference, { route, field });
  }
  if (!path.startsWith(route.path)) {
    if (authority !== undefined) throw new Refusal("bad_request", `its ${field} is on another route`);
    // A client may know the upstream's own paths.
    if (route.upstream.base === "") return value;
    path = onRoute(reference, { route, field });
  }
  if (tokenPlacement(route) === "path") {
    throw new Refusal(
      "bad_request",
      `the route's upstream has a token in its path, so it can have no ${field}`,
    );
  }
  const target = targetOf(path, { host, field });
  for (const policy of policies) assertPolicy(policy, { method, target, headers: new Headers() });
  const { scheme, authority: upstream } = route.upstream;
  const base = authority === undefined ? "" : `${scheme}://${upstream}`;
  return base + upstreamTarget(route, target);
}

/** What a reference is checked for. */
type Checked = Pick<RequestReferenceOptions, "route"> & { readonly field: string };

/** Returns a reference to an unknown place, unless it might leave the upstream's path: many servers ignore the host. */
function unknown(value: string, { route, field }: Checked): string {
  if (route.upstream.base === "") return value;
  throw new Refusal("bad_request", `its ${field} leads neither to the proxy nor to the upstream`);
}

function namesUpstream(
  reference: Reference,
  { upstream }: RequestReferenceOptions["route"],
): boolean {
  const authority = reference.authority?.replace(/^.*@/, "");
  return authorityOf({ ...reference, authority }, upstream) === upstream.authority;
}

/** Returns the path on the route of a reference that has the upstream's own path. */
function onRoute({ path }: Reference, { route, field }: Checked): string {
  const below = pathBelow(route.upstream.base, path);
  if (below !== undefined) return route.path.slice(0, -1) + below;
  throw new Refusal("bad_request", `its ${field} is out of the upstream's path`);
}

function targetOf(path: string, { host, field }: { readonly host: string; readonly field: string }): Target {
  try {
    return parseTarget(`http://${host}${path}`, host);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("bad_request", `its ${field} is not a path that can be forwarded`, { cause: error });
  }
}

/** Returns an authority without the ports of http and https, since a balancer may have another than the listener. */
function plain(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)?$/, "");
}
