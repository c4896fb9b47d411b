import { LateModule } from "../core/late_module.ts";
import type { MaskedSecret } from "./forms.ts";
import type { Mask } from "./mask.ts";

/** What searches and overwrites. It must be loaded before a mask is asked for. */
export const MASK = new LateModule(() => import("./mask.ts"));

/** The mask in effect. Tokens are replaced while the service runs, so it must be looked up for each piece. */
export interface CurrentMask {
  /** The mask, or undefined if there is nothing to mask. */
  readonly current: Mask | undefined;
}

/** The secrets of a whole table. */
export interface TableSecrets {
  /** Returns every secret that a response might reveal, including former tokens. */
  list(): readonly MaskedSecret[];
  /** Returns a number that increases whenever the list changes. */
  version(): number;
}

/** The number of tables, before the current one, whose secrets are still masked. */
const FORMER_TABLES = 4;

/**
 * The mask of all secrets of a table, and of those before it: a response may have begun before a reload, or show what a
 * server stored before. It applies to every route: if two routes lead to the same server, that server may store what it
 * received through one route and return it through the other.
 */
export class TableMask implements CurrentMask {
  #mask: Mask | undefined;
  #tables: readonly TableSecrets[] = [];
  #version = NaN;

  constructor(...tables: readonly TableSecrets[]) {
    for (const table of tables) this.follow(table);
  }

  /** Masks the secrets of another table from now on. */
  follow(table: TableSecrets): void {
    this.#tables = [table, ...this.#tables].slice(0, 1 + FORMER_TABLES);
    this.#version = NaN;
  }

  get current(): Mask | undefined {
    const mask = this.update();
    return mask.isEmpty ? undefined : mask;
  }

  /** Brings the mask up to date, for which the next response would wait otherwise, and returns it. */
  update(): Mask {
    const mask = this.#mask ??= new MASK.loaded.Mask();
    if (this.#versions() === this.#version) return mask;
    this.#version = this.#versions();
    mask.set(this.#tables.flatMap((table) => table.list()));
    return mask;
  }

  /** Returns a number that changes whenever any of the lists does, since versions only increase. */
  #versions(): number {
    let sum = 0;
    // By index, since every response asks: an iterator would be garbage.
    for (let at = 0; at < this.#tables.length; at++) sum += this.#tables[at]!.version();
    return sum;
  }
}
