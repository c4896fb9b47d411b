import { tokenPlacement } from "../config/route/placement.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import type { BufferBudget } from "../upstream/buffer_budget.ts";
import type { Deadlines } from "../upstream/deadlines.ts";
import type { Credential } from "./credential.ts";
import { inField } from "./in_field.ts";
import { inPath } from "./in_path.ts";
import { inQuery } from "./in_query.ts";
import type { SigningParts } from "./load_signing.ts";
import { type Placement, TokenCredential } from "./token_credential.ts";

/** What credentials share. */
export interface CredentialOptions {
  readonly deadlines: Deadlines;
  /** What the memory of bodies that are held to be signed is taken from. */
  readonly budget: BufferBudget;
  /** What signs, if any route of the table does. */
  readonly signing?: SigningParts | undefined;
}

/** Returns the means by which a route authenticates its requests. */
export function openCredential(
  route: RouteConfig,
  source: TokenSource,
  { deadlines, budget, signing }: CredentialOptions,
): Credential {
  const { signWith, anonymous } = route;
  if (anonymous) return { apply() {} };
  if (signWith === undefined) return new TokenCredential(route, source, placementOf(route));
  if (signing === undefined) throw new Error("What signs has not been loaded");
  return new signing.AwsCredential({
    scope: signWith,
    source,
    bodyLimit: route.signBodyLimit,
    memory: budget,
    deadlines,
    timeoutMs: route.responseTimeoutMs,
  });
}

function placementOf(route: RouteConfig): Placement {
  switch (tokenPlacement(route)) {
    case "field":
      return inField(route);
    case "query":
      return inQuery(route.authQuery ?? "");
    case "path":
      return inPath(route.upstream.base);
    case "signature":
    case "none":
      throw new Error("The route places no token");
  }
}
