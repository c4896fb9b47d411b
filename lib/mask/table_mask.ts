import type { MaskedSecret } from "./forms.ts";
import { Mask } from "./mask.ts";

/** The mask of this moment. Secrets are replaced while the service runs, so it is asked for at each piece. */
export interface CurrentMask {
  /** Undefined where there is nothing to mask. */
  readonly current: Mask | undefined;
}

/** The secrets of a whole table. */
export interface TableSecrets {
  /** Every secret that a response might show, earlier tokens included. */
  list(): readonly MaskedSecret[];
  /** A number that changes whenever the list does. */
  version(): number;
}

/**
 * The mask of a whole table. A service that two routes lead to may store what came by one and show it by the other, so no
 * response on any route shows the token of any other.
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
