import type { Secret } from "../../core/secret.ts";
import type { RouteConfig } from "./route_config.ts";

/** What a token is for. */
type TokenUse = Pick<RouteConfig, "authScheme" | "authUser">;

/**
 * Returns what is odd about a token, as a predicate for its name, or undefined. An odd token is sent as it is, since it
 * might be right. It is most likely a mistake in copying: quotes, the scheme or the variable's name around it.
 *
 * Only for the operator: no response depends on it.
 */
export function tokenOddity(token: Secret, { authScheme, authUser }: TokenUse): string | undefined {
  const text = token.reveal();
  if (/^(["']).*\1$/s.test(text)) return "is in quotes, which are sent as a part of it; remove them";
  if (/^[A-Z][A-Z0-9_]*=[^=]/.test(text)) {
    return "begins with NAME=, which is sent as a part of it; remove that";
  }
  const [, word] = /^(bearer|token|basic) /i.exec(text) ?? [];
  if (word !== undefined && authScheme !== "") {
    return `begins with ${JSON.stringify(word)}, and auth_scheme adds ${
      JSON.stringify(authScheme)
    } before it; remove one`;
  }
  if (text === "placeholder") {
    return "is the placeholder that clients prints; start the service where its lines are not set";
  }
  if (/\.\.\.$|^(?:your|change-?me|placeholder|xxx+|<.*>$)/i.test(text)) return "looks like a placeholder";
  if (text.includes(" ") && word === undefined && authScheme.toLowerCase() !== "basic") {
    return "contains a blank, which no key does";
  }
  if (authScheme.toLowerCase() === "basic" && authUser === undefined && !text.includes(":")) {
    return "has no colon, but must be user:password, since the route has the scheme Basic and no auth_user";
  }
  return undefined;
}
