import { Refusal } from "../http/refusal.ts";

/**
 * Refuses a request that can't be served without a change of protocol.
 *
 * An offer of HTTP/2 may be ignored, since its request is an ordinary one as well (RFC 9110, section 7.8); a client
 * that asks for any other protocol can't go on without it.
 *
 * @param upgrade The Upgrade field's value.
 * @throws {Refusal} `upgrade_not_served`.
 */
export function assertNoUpgrade(upgrade: string | null): void {
  if (upgrade === null || upgrade.toLowerCase() === "h2c") return;
  throw new Refusal("upgrade_not_served");
}
