import type { Secret } from "../core/secret.ts";

/** Where the token of a route comes from, and which tokens came from there. */
export interface TokenSource {
  /** The token to send now, as far as it is known; undefined while there is none. Never waits. */
  readonly current: Secret | undefined;
  /** Earlier tokens, latest first: an upstream may go on to accept them, and to show them, for a while. */
  readonly former: readonly Secret[];
  /**
   * Waits until `current` may be sent. Missing where it always may, or undefined where it may right now.
   *
   * @throws {Refusal} Where there can be no token.
   */
  ready?(): Promise<void> | undefined;
  /** Names the source for people: a variable, a file. Never what it holds. */
  describe(): string;
}
