import type { Configuration } from "../config/load/load.ts";
import { stateFolder } from "../permissions/permissions.ts";
import type { MintedTokensOptions } from "../tokens/minted_tokens.ts";

/** Returns how issuers of tokens are reached in a configuration, and where refresh tokens are kept. */
export function issuerOptions(
  { settings, table, ca }: Pick<Configuration, "settings" | "table" | "ca">,
): Omit<MintedTokensOptions, "report"> {
  return {
    caCerts: ca === undefined ? [] : [ca],
    egress: settings.egress,
    stateFolder: stateFolder(settings, table),
  };
}
