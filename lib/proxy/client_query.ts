import type { RouteConfig } from "../config/route/route_config.ts";
import { CREDENTIAL_PARAMETERS, foldParameter } from "../http/credential_names.ts";

/** Reports whether a parameter of the client's is dropped, by its name as the query spells it. */
export type IsDropped = (name: string) => boolean;

/** Returns the rule by which a route drops parameters: those in which services accept a credential, and its own. */
export function parameterRule(
  { dropQuery, keepQuery }: Pick<RouteConfig, "dropQuery" | "keepQuery">,
): IsDropped {
  return (name) => {
    const folded = foldParameter(name);
    return dropQuery.has(folded) || (CREDENTIAL_PARAMETERS.has(folded) && !keepQuery.has(folded));
  };
}
