import { Refusal } from "../http/refusal.ts";

/**
 * Whether a request that offers to change the protocol can be served without.
 *
 * An offer of HTTP/2 may be ignored, since its request is an ordinary one as well (RFC 9110, section 7.8); a client
 * that asks for any other protocol can't go on without it and is told so.
 *
 * @param upgrade The Upgrade field's value.
 */
export function assertNoUpgrade(upgrade: string | null): void {
  if (upgrade === null || upgrade.toLowerCase() === "h2c") return;
  throw new Refusal("upgrade_not_served");
}
