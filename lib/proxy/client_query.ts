import type { RouteConfig } from "../config/route/route_config.ts";
import { CREDENTIAL_PARAMETERS, foldParameter } from "../http/credential_names.ts";

/** Reports whether a parameter of the client's is dropped, by its name as the query spells it. */
export type IsDropped = (name: string) => boolean;

/**
 * Returns the names of the parameters that all routes of a table drop, as `foldParameter` does: also those that carry the
 * credential of any of them, for the reason of `fieldsDroppedByAll`.
 */
export function parametersDroppedByAll(
  routes: Iterable<Pick<RouteConfig, "authQuery">>,
): ReadonlySet<string> {
  const names = new Set(CREDENTIAL_PARAMETERS);
  for (const { authQuery } of routes) if (authQuery !== undefined) names.add(foldParameter(authQuery));
  return names;
}

/**
 * Returns the rule by which a route drops parameters.
 *
 * @param droppedByAll What {@linkcode parametersDroppedByAll} returns for the table; its routes share the set.
 */
export function parameterRule(
  { authQuery, dropQuery, keepQuery, anonymous }: Pick<
    RouteConfig,
    "authQuery" | "dropQuery" | "keepQuery" | "anonymous"
  >,
  droppedByAll: ReadonlySet<string> = parametersDroppedByAll([{ authQuery }]),
): IsDropped {
  // URLs that were signed in advance are what such a route is for.
  if (anonymous) return (name) => dropQuery.has(foldParameter(name));
  const own = authQuery === undefined ? undefined : foldParameter(authQuery);
  return (name) => {
    const folded = foldParameter(name);
    return folded === own || dropQuery.has(folded) || (droppedByAll.has(folded) && !keepQuery.has(folded));
  };
}
