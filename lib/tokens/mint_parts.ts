/**
 * What mints tokens, for the tables that have any: `MintedTokens` loads it with the first of them.
 *
 * @module
 */

import type { RegistryLogin, TokenFrom } from "../config/route/token_from.ts";
import { AwsRoleMinter } from "./aws_role_minter.ts";
import { GitHubAppMinter } from "./github_app_minter.ts";
import { GoogleMinter } from "./google_minter.ts";
import type { MintedTokenOptions } from "./minted_token.ts";
import type { Minter } from "./minter.ts";
import { type MinterOptions, OAuth2Minter } from "./oauth2_minter.ts";
import type { RefreshToken } from "./refresh_token.ts";
import { RegistryIssuer } from "./registry_minter.ts";
import { RegistryTokens } from "./registry_tokens.ts";

export { MintedToken } from "./minted_token.ts";
export { RefreshToken } from "./refresh_token.ts";
export { StateFile } from "./state_file.ts";
export { stateFileName } from "./state_file_name.ts";

/** Returns the tokens of a registry. */
export function registryTokens(
  from: RegistryLogin,
  minter: MinterOptions,
  options: MintedTokenOptions,
): RegistryTokens {
  return new RegistryTokens(new RegistryIssuer(from, minter), options);
}

/** Returns what mints the token of a definition. @param login Its refresh token, if it is minted from one. */
export function minterOf(
  from: Exclude<TokenFrom, RegistryLogin>,
  options: MinterOptions,
  login: RefreshToken | undefined,
): Minter {
  switch (from.kind) {
    case "oauth2":
      return new OAuth2Minter(from, options, login);
    case "github_app":
      return new GitHubAppMinter(from, options);
    case "google_service_account":
      return new GoogleMinter(from, options);
    case "aws_role":
      return new AwsRoleMinter(from, options);
  }
}
