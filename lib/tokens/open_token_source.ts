import { keyRefs } from "../config/route/sign_with.ts";
import { type TokenFields, tokenName, type Tokens } from "../config/route/token.ts";
import { AwsKeySource } from "./aws_key_source.ts";
import type { MintedTokens } from "./minted_tokens.ts";
import { StoredToken } from "./stored_token.ts";
import type { TokenFiles } from "./token_files.ts";
import type { TokenSource } from "./token_source.ts";

/** The tokens of a table, by where they were read from. */
export interface TokenStores {
  /** The tokens from environment variables. */
  readonly tokens: Tokens;
  /** The tokens from files. */
  readonly files: TokenFiles;
  /** The tokens that issuers issue. */
  readonly minted: MintedTokens;
}

/** Returns the source of a route's token. */
export function openTokenSource(
  route: TokenFields,
  { tokens, files, minted }: TokenStores,
): TokenSource {
  const { tokenEnv, tokenFile, tokenFrom, signWith, anonymous } = route;
  if (anonymous) {
    return {
      current: undefined,
      former: [],
      describe: () => tokenName(route),
      missing: () => [],
    };
  }
  if (tokenFrom !== undefined) return minted.source(tokenFrom);
  if (signWith !== undefined) {
    return new AwsKeySource(
      keyRefs(signWith).map((ref) => ({
        ref,
        source: (ref.from === "file" ? files.source(ref.name) : undefined) ??
          new StoredToken(ref.name, tokens.get(ref.name)),
      })),
    );
  }
  if (tokenEnv !== undefined) return new StoredToken(tokenName(route), tokens.get(tokenEnv));
  return files.source(tokenFile ?? "") ?? new StoredToken(tokenName(route), undefined);
}
