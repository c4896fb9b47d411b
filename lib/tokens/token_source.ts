import type { Secret } from "../core/secret.ts";

/** How many tokens that served before are still masked in replies. */
const FORMER_LIMIT = 4;

/** The place of a token that may be replaced while the service runs. */
export class TokenSource {
  #current: Secret | undefined;
  #former: readonly Secret[] = [];

  constructor(token: Secret | undefined) {
    this.#current = token;
  }

  /** Undefined while there is none. */
  get current(): Secret | undefined {
    return this.#current;
  }

  /**
   * Those that served before, the latest first: an upstream may go on to show them, and to take them, for a while.
   */
  get former(): readonly Secret[] {
    return this.#former;
  }

  /** @returns Whether the token is another than before. */
  replace(token: Secret): boolean {
    const before = this.#current;
    if (before?.reveal() === token.reveal()) return false;
    if (before !== undefined) this.#former = [before, ...this.#former].slice(0, FORMER_LIMIT);
    this.#current = token;
    return true;
  }
}
