import { Refusal } from "../http/refusal.ts";

/**
 * Checks that a request does not require a change of protocol.
 *
 * An offer of HTTP/2 can be ignored (RFC 9110, section 7.8), but a client that asks for any other protocol can't continue
 * without it.
 *
 * @param upgrade The Upgrade field's value.
 * @throws {Refusal} `upgrade_not_served` if it does.
 */
export function assertNoUpgrade(upgrade: string | null): void {
  if (upgrade === null || upgrade.toLowerCase() === "h2c") return;
  throw new Refusal("upgrade_not_served");
}
