import type { RouteConfig } from "../config/route/route_config.ts";
import { Secret } from "../core/secret.ts";
import { isMaskable, type MaskedSecret } from "../mask/forms.ts";
import { credentialValue } from "./credential_value.ts";

/**
 * Returns what a response might show of a route's credential: the token, and with `Basic` also the pair in base64 and
 * a password that is a part of the token. A field value that holds the token as it is needs no entry of its own.
 *
 * A token that is too short to be masked is not masked in any form.
 */
export function exposedSecrets(
  route: Pick<RouteConfig, "authScheme" | "authUser">,
  token: Secret,
): MaskedSecret[] {
  if (!isMaskable(token)) return [];
  if (route.authScheme.toLowerCase() !== "basic") return [{ text: token }];
  const base64 = credentialValue(route, token).reveal().slice(route.authScheme.length + 1);
  const password = route.authUser === undefined ? passwordOf(token.reveal()) : undefined;
  return [
    { text: token },
    // A service that takes the pair apart shows the password alone.
    ...password === undefined ? [] : [{ text: Secret.of(password) }],
    { text: Secret.of(base64), isBase64: true },
  ];
}

/** The password of `user:password`: RFC 7617, section 2. */
function passwordOf(pair: string): string | undefined {
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
