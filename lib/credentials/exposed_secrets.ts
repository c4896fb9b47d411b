import { tokenPlacement } from "../config/route/placement.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import { Secret } from "../core/secret.ts";
import { percentEncode, percentEncodeSegment } from "../http/percent.ts";
import { unpackAwsKeys } from "../tokens/aws_keys.ts";
import { isMaskable, type MaskedSecret } from "../mask/forms.ts";
import { credentialValue } from "./credential_value.ts";

/**
 * Returns the secrets of a route that a response might reveal: the token, and with `Basic` also the credentials in base64
 * and the password, if it is part of the token; in a URL also the percent-encoded token, which a server may encode a second
 * time. Other schemes send the token verbatim and add no further secret.
 *
 * Returns nothing for a token that is too short to be masked.
 */
export function exposedSecrets(
  route:
    & Pick<RouteConfig, "authScheme" | "authUser">
    & Partial<Pick<RouteConfig, "authQuery" | "upstream" | "signWith">>,
  token: Secret,
): MaskedSecret[] {
  if (!isMaskable(token)) return [];
  const placement = tokenPlacement(route);
  if (placement === "signature") {
    const { accessKeyId, secretAccessKey, sessionToken } = unpackAwsKeys(token);
    // The identifier is no secret by itself, but half of one.
    return [accessKeyId, secretAccessKey, ...sessionToken === undefined ? [] : [sessionToken]].map((
      text,
    ) => ({
      text,
    }));
  }
  if (placement !== "field") {
    const encode = placement === "query" ? percentEncode : percentEncodeSegment;
    const encoded = encode(token.reveal());
    return encoded === token.reveal() ? [{ text: token }] : [{ text: token }, { text: Secret.of(encoded) }];
  }
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

/** Reports whether a token is `user:password` whose password alone is too short to be masked. */
export function hasUnmaskedPassword(
  route: Pick<RouteConfig, "authScheme" | "authUser">,
  token: Secret,
): boolean {
  if (route.authScheme.toLowerCase() !== "basic" || route.authUser !== undefined) return false;
  const password = passwordOf(token.reveal());
  return password !== undefined && !isMaskable(Secret.of(password));
}

/** Returns the password of `user:password`: RFC 7617, section 2. */
function passwordOf(pair: string): string | undefined {
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
