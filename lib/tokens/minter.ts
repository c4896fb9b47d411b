import type { SecretRef } from "../config/route/secret_ref.ts";
import type { Secret } from "../core/secret.ts";

/** A token that an issuer has just issued. */
export interface Minted {
  readonly token: Secret;
  /** The time for which it is valid, in milliseconds from the request; undefined if the issuer did not say. */
  readonly lifeMs: number | undefined;
}

/** A secret from which a token is minted. */
export interface MintInput {
  readonly ref: SecretRef;
  /** Undefined if it is not set. */
  readonly secret: Secret | undefined;
}

/** Obtains tokens from an issuer. */
export interface Minter {
  /** The display name: the kind and the issuer's host. */
  readonly name: string;
  /** Returns the secrets that it needs, in a fixed order. */
  inputs(): readonly MintInput[];
  /** Returns what a response must not reveal besides the minted tokens: its inputs, and what it derived from them. */
  secrets(): readonly Secret[];
  /**
   * Obtains a token. Called once at a time, and only if all inputs are set.
   *
   * @throws {IssuerError} If it can't.
   */
  mint(): Promise<Minted>;
}
