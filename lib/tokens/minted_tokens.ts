import { routesWithTokens, type RouteTable } from "../config/route/route_config.ts";
import type { SecretRef } from "../config/route/secret_ref.ts";
import type { Tokens } from "../config/route/token.ts";
import { type RegistryLogin, type TokenFrom, tokenFromName } from "../config/route/token_from.ts";
import type { Secret } from "../core/secret.ts";
import type { IssuerOptions } from "./issuer.ts";
import type { MintedToken } from "./minted_token.ts";
import type { MinterOptions } from "./oauth2_minter.ts";
import type { Minter } from "./minter.ts";
import type { RegistryTokens } from "./registry_tokens.ts";
import type { RefreshToken } from "./refresh_token.ts";
import { TokenFiles } from "./token_files.ts";

/** What all minted tokens of a process share. */
export interface MintedTokensOptions extends IssuerOptions {
  /** The folder in which refresh tokens that rotate are kept, if there is one. */
  readonly stateFolder: string | undefined;
  /** Prints a line. */
  readonly report: (line: string) => void;
}

/** What mints tokens; see `mint_parts.ts`. */
type MintParts = typeof import("./mint_parts.ts");

/** Where the secrets come from from which tokens are minted. */
export interface MintSecrets {
  readonly tokens: Tokens;
  readonly files: TokenFiles;
}

/**
 * The minted tokens of a table. Routes with equal definitions share one, and a reload keeps those whose definition it
 * keeps.
 */
export class MintedTokens {
  /** For a table without minted tokens. */
  static readonly NONE = new MintedTokens({
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    stateFolder: undefined,
    report: () => {},
  }, { tokens: new Map(), files: TokenFiles.NONE });

  readonly #options: MintedTokensOptions;
  #secrets: MintSecrets;
  readonly #sources = new Map<string, MintedToken | RegistryTokens>();
  readonly #logins = new Map<string, RefreshToken>();
  #parts: MintParts | undefined;

  private constructor(options: MintedTokensOptions, secrets: MintSecrets) {
    this.#options = options;
    this.#secrets = secrets;
  }

  /** Returns the minted tokens of a table. */
  static async open(
    table: RouteTable,
    options: MintedTokensOptions,
    secrets: MintSecrets,
  ): Promise<MintedTokens> {
    const minted = new MintedTokens(options, secrets);
    await minted.#load(table);
    return minted;
  }

  /** Returns the token of a definition of the table. */
  source(from: TokenFrom): MintedToken | RegistryTokens {
    const identity = identityOf(from);
    let source = this.#sources.get(identity);
    if (source === undefined) {
      source = this.#open(from, this.#parts!);
      this.#sources.set(identity, source);
    }
    return source;
  }

  #open(from: TokenFrom, parts: MintParts): MintedToken | RegistryTokens {
    const options = {
      changes: this.#secrets.files.changes,
      report: this.#options.report,
      formerInputs: (ref: SecretRef) =>
        ref.from === "file" ? this.#secrets.files.source(ref.name)?.former ?? [] : [],
    };
    if (from.kind === "registry") return parts.registryTokens(from, this.#minterOptions(), options);
    return new parts.MintedToken(this.#minterOf(from, parts), options);
  }

  /** Goes on with another table: drops what it does not use, and forgets failures. */
  async reload(table: RouteTable, secrets: MintSecrets): Promise<void> {
    await this.#load(table);
    this.#secrets = secrets;
    const used = new Set(
      routesWithTokens(table).flatMap(({ tokenFrom }) =>
        tokenFrom === undefined ? [] : [identityOf(tokenFrom)]
      ),
    );
    for (const [identity, source] of this.#sources) {
      if (used.has(identity)) source.retry();
      else this.#sources.delete(identity);
    }
  }

  /** Loads what mints tokens if a table has any: most have none, and start sooner without it. */
  async #load(table: RouteTable): Promise<void> {
    if (
      this.#parts !== undefined || !routesWithTokens(table).some(({ tokenFrom }) => tokenFrom !== undefined)
    ) {
      return;
    }
    this.#parts = await import("./mint_parts.ts");
  }

  #minterOptions(): MinterOptions {
    return { ...this.#options, read: (ref) => this.#read(ref) };
  }

  #minterOf(from: Exclude<TokenFrom, RegistryLogin>, parts: MintParts): Minter {
    return parts.minterOf(from, this.#minterOptions(), this.#loginOf(from, parts));
  }

  /** Returns the refresh token of a definition. Definitions that differ in their scopes only share one. */
  #loginOf(from: TokenFrom, parts: MintParts): RefreshToken | undefined {
    if (from.kind !== "oauth2" || from.grant.type !== "refresh_token") return undefined;
    const { refreshToken: ref } = from.grant;
    const name = parts.stateFileName(from, ref);
    let login = this.#logins.get(name);
    if (login === undefined) {
      const { stateFolder, report } = this.#options;
      login = new parts.RefreshToken({
        given: () => this.#read(ref),
        file: stateFolder === undefined ? undefined : new parts.StateFile(stateFolder, name),
        changes: this.#secrets.files.changes,
        report,
        name: tokenFromName(from),
      });
      this.#logins.set(name, login);
    }
    return login;
  }

  #read({ from, name }: SecretRef): Secret | undefined {
    const { tokens, files } = this.#secrets;
    return from === "variable" ? tokens.get(name) : files.source(name)?.current;
  }
}

/** Returns a text that is the same for equal definitions. */
function identityOf(from: TokenFrom): string {
  return JSON.stringify(from, (_, value) => value instanceof Map ? [...value] : value);
}
