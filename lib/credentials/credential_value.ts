import type { RouteConfig } from "../config/route/route_config.ts";
import { Secret } from "../core/secret.ts";
import { basicCredentials } from "../http/basic.ts";

/** Returns the value of the field that carries a route's credential: RFC 9110, section 11.4. */
export function credentialValue(
  route: Pick<RouteConfig, "authScheme" | "authUser">,
  token: Secret,
): Secret {
  const text = token.reveal();
  if (route.authScheme === "") return token;
  if (route.authScheme.toLowerCase() !== "basic") return Secret.of(`${route.authScheme} ${text}`);
  const pair = route.authUser === undefined ? text : `${route.authUser}:${text}`;
  return Secret.of(basicCredentials(pair, route.authScheme));
}
