import type { ClientDraft, RouteOverride, RouteUse } from "./client_fields.ts";
import { canonicalName } from "./client_relations.ts";
import { limitsOf } from "./limit_fields.ts";
import {
  type ClientConfig,
  type ClientProof,
  type ClientRoute,
  type IssuerConfig,
  type RouteConfig,
  routeName,
} from "./route_config.ts";

/**
 * Returns clients with the routes and the issuer that they name in place of the names, which must have been checked.
 */
export function linkClients(
  drafts: readonly ClientDraft[],
  routes: readonly RouteConfig[],
  issuers: readonly IssuerConfig[],
): readonly ClientConfig[] {
  const byName = new Map(routes.map((route) => [routeName(route), route]));
  return drafts.map((draft) => ({
    name: draft.name,
    proof: proofOf(draft, issuers),
    routes: routesOf(draft.routes, byName),
    limits: limitsOf(draft),
    expires: draft.expires,
  }));
}

function proofOf(draft: ClientDraft, issuers: readonly IssuerConfig[]): ClientProof {
  const { token_sha256: hashes, token_env: variable, token_file: file, subject } = draft;
  if (hashes !== undefined) return { kind: "hash", hashes };
  if (variable !== undefined) return { kind: "env", variable };
  if (file !== undefined) return { kind: "file", file };
  if (subject !== undefined) return { kind: "subject", subject, issuer: draft.issuer ?? issuers[0]!.issuer };
  throw new Error("A client without a proof passed the checks");
}

function routesOf(
  use: RouteUse,
  byName: ReadonlyMap<string, RouteConfig>,
): ReadonlyMap<string, ClientRoute> | undefined {
  if (use === "*") return undefined;
  return new Map(
    [...use].map((
      [name, override],
    ) => [canonicalName(name), routeWith(byName.get(canonicalName(name))!, override)]),
  );
}

function routeWith(route: RouteConfig, override: RouteOverride): ClientRoute {
  const { methods, paths, token_env: tokenEnv, token_file: tokenFile, token_from: tokenFrom } = override;
  const hasOwnToken = [tokenEnv, tokenFile, tokenFrom].some((each) => each !== undefined);
  if (methods === undefined && paths === undefined && !hasOwnToken) {
    return { config: route, isUnchanged: true, hasOwnToken };
  }
  return {
    config: {
      ...route,
      methods: methods === undefined ? route.methods : new Set(methods),
      paths: paths ?? route.paths,
      ...hasOwnToken ? { tokenEnv, tokenFile, tokenFrom } : {},
    },
    isUnchanged: false,
    hasOwnToken,
  };
}
