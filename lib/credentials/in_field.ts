import type { RouteConfig } from "../config/route/route_config.ts";
import { credentialValue } from "./credential_value.ts";
import type { Placement } from "./token_credential.ts";

/** Places the token in a header field: `Authorization: Bearer …`, `X-Api-Key: …`. */
export function inField(route: Pick<RouteConfig, "authHeader" | "authScheme" | "authUser">): Placement {
  return {
    textFor: (token) => credentialValue(route, token),
    add: ({ fields }, value) => void fields.push([route.authHeader, value]),
  };
}
