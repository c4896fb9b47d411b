import type { RouteConfig } from "../config/route/route_config.ts";
import { tokenName, type Tokens } from "../config/route/token.ts";
import { StoredToken } from "./stored_token.ts";
import type { TokenFiles } from "./token_files.ts";
import type { TokenSource } from "./token_source.ts";

/** Where the tokens of a table were read from. */
export interface TokenStores {
  /** Those in variables. */
  readonly tokens: Tokens;
  /** Those in files. */
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
