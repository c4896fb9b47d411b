import type { RouteConfig } from "../config/route/route_config.ts";
import { tokenName, type Tokens } from "../config/route/token.ts";
import { StoredToken } from "./stored_token.ts";
import type { TokenFiles } from "./token_files.ts";
import type { TokenSource } from "./token_source.ts";

/** The tokens of a table, by where they were read from. */
export interface TokenStores {
  /** The tokens from environment variables. */
  readonly tokens: Tokens;
  /** The tokens from files. */
  readonly files: TokenFiles;
}

/** Returns the source of a route's token. */
export function openTokenSource(
  route: Pick<RouteConfig, "tokenEnv" | "tokenFile">,
  { tokens, files }: TokenStores,
): TokenSource {
  const { tokenEnv, tokenFile } = route;
  if (tokenEnv !== undefined) return new StoredToken(tokenName(route), tokens.get(tokenEnv));
  return files.source(tokenFile ?? "") ?? new StoredToken(tokenName(route), undefined);
}
