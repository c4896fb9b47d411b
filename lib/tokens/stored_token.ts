import type { Secret } from "../core/secret.ts";
import { ChangeCounter } from "./change_counter.ts";
import type { TokenSource } from "./token_source.ts";

/** The maximum number of former tokens that are still masked in responses. */
const FORMER_LIMIT = 4;

/** A token from a variable or a file, which may be replaced while the service runs. */
export class StoredToken implements TokenSource {
  readonly #name: string;
  readonly #changes: ChangeCounter;
  #current: Secret | undefined;
  #former: readonly Secret[] = [];
  #replaced = 0;
  #label: string;

  /**
   * @param name The display name of the source.
   * @param changes The counter to increment with each replacement.
   */
  constructor(name: string, token: Secret | undefined, changes: ChangeCounter = new ChangeCounter()) {
    this.#name = name;
    this.#current = token;
    this.#changes = changes;
    this.#label = this.#newLabel();
  }

  get current(): Secret | undefined {
    return this.#current;
  }

  get former(): readonly Secret[] {
    return this.#former;
  }

  get label(): string {
    return this.#label;
  }

  describe(): string {
    return this.#name;
  }

  /** Replaces the token. @returns Whether the new token differs from the current one. */
  replace(token: Secret): boolean {
    const before = this.#current;
    if (before?.reveal() === token.reveal()) return false;
    if (before !== undefined) this.#former = [before, ...this.#former].slice(0, FORMER_LIMIT);
    this.#current = token;
    if (before !== undefined) this.#replaced++;
    this.#label = this.#newLabel();
    this.#changes.increment();
    return true;
  }

  #newLabel(): string {
    return `${this.#name.replace(/^the file /, "")}#${this.#replaced}`;
  }
}
