import type { RouteConfig } from "../config/route/route_config.ts";
import { Secret } from "../core/secret.ts";
import { isMaskable, type MaskedSecret } from "../mask/forms.ts";
import { credentialValue } from "./credential_value.ts";

/**
 * Returns the secrets of a route that a response might reveal: the token, and with `Basic` also the credentials in base64
 * and the password, if it is part of the token. Schemes that send the token verbatim add no further secret.
 *
 * Returns nothing for a token that is too short to be masked.
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
    // A server that splits the credentials may show the password alone.
    ...password === undefined ? [] : [{ text: Secret.of(password) }],
    { text: Secret.of(base64), isBase64: true },
  ];
}

/** Returns the password of `user:password`: RFC 7617, section 2. */
function passwordOf(pair: string): string | undefined {
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
