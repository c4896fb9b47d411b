import type { MaskedSecret } from "./forms.ts";
import { Mask } from "./mask.ts";

/** The mask in effect. Tokens are replaced while the service runs, so it must be looked up for each piece. */
export interface CurrentMask {
  /** The mask, or undefined if there is nothing to mask. */
  readonly current: Mask | undefined;
}

/** The secrets of a whole table. */
export interface TableSecrets {
  /** Returns every secret that a response might reveal, including former tokens. */
  list(): readonly MaskedSecret[];
  /** Returns a number that changes whenever the list does. */
  version(): number;
}

/**
 * The mask of all secrets of a table. It applies to every route: if two routes lead to the same server, that server may
 * store what it received through one route and return it through the other.
 */
export class TableMask implements CurrentMask {
  readonly #secrets: TableSecrets;
  #version: number;
  #mask: Mask | undefined;

  constructor(secrets: TableSecrets) {
    this.#secrets = secrets;
    this.#version = secrets.version();
    this.#mask = Mask.of(secrets.list());
  }

  get current(): Mask | undefined {
    const version = this.#secrets.version();
    if (version !== this.#version) {
      this.#version = version;
      this.#mask = Mask.of(this.#secrets.list());
    }
    return this.#mask;
  }
}
