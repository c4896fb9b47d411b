import type { Secret } from "../core/secret.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";

/** The source of a route's token, with its current and former tokens. */
export interface TokenSource {
  /** The token to send now; undefined until a token is set. */
  readonly current: Secret | undefined;
  /** Former tokens, latest first, which an upstream may still accept, and thus show in a response, for a while. */
  readonly former: readonly Secret[];
  /**
   * Waits until `current` is valid. Returns undefined if it already is; sources for which it always is have no such
   * method.
   *
   * @throws {Refusal} If no token can be obtained.
   */
  ready?(): Promise<void> | undefined;
  /**
   * Returns the source of the token for one request; sources with one token for all have no such method.
   *
   * @throws {Refusal} If there are too many tokens.
   */
  forRequest?(request: Pick<UpstreamRequest, "method" | "target">): TokenSource;
  /** Further secrets that a response must not reveal: what the tokens are obtained with. */
  readonly secrets?: readonly Secret[];
  /** The source's name and how often its token was replaced, for the log: `GITHUB_TOKEN#2`. */
  readonly label?: string;
  /** Returns the source's display name: a variable, a file or an issuer, never its content. */
  describe(): string;
  /**
   * Returns what is not set that a token requires, each as a sentence without its period; sources without this method
   * require nothing but the token itself.
   */
  missing?(): readonly string[];
  /** Reports that the upstream rejected a token that was sent. */
  rejected?(token: Secret): void;
  /** Returns the state of a token that an issuer issues. */
  status?(): TokenStatus;
}

/** The state of a token that an issuer issues. Times are in milliseconds since 1970. */
export interface TokenStatus {
  /** When the current token expires; undefined if there is none, or the issuer did not say. */
  readonly expiry: number | undefined;
  /** When the current token was issued. */
  readonly renewed: number | undefined;
  /** The last failure, if no token was issued since. Its text holds no secret. */
  readonly failure: { readonly time: number; readonly text: string } | undefined;
  /** How often the issuer was asked. */
  readonly refreshes: { readonly succeeded: number; readonly failed: number };
}
