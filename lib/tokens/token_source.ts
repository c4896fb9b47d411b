import type { Secret } from "../core/secret.ts";

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
  /** Returns the source's display name: a variable or a file, never its content. */
  describe(): string;
}
