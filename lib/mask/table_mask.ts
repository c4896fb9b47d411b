import type { RouteConfig } from "../config/route/route_config.ts";
import type { Secret } from "../core/secret.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import { Mask } from "./mask.ts";

/** A route and where its token is. */
export interface RouteTokenSource {
  readonly route: Pick<RouteConfig, "authScheme" | "authUser">;
  readonly slot: Pick<TokenSource, "current" | "former">;
}

/**
 * The mask of a whole table. A service that two routes lead to may keep what came by one and show it by the other, so
 * no reply on any route shows the token of any.
 */
export class TableMask {
  readonly #keepers: readonly RouteTokenSource[];
  /** The tokens that the mask was made for, in the order of their keepers. */
  #made: readonly (Secret | undefined)[] = [];
  #mask: Mask | undefined;

  constructor(keepers: readonly RouteTokenSource[]) {
    this.#keepers = keepers;
    this.#make();
  }

  /** Made anew when a token is another than before; undefined where none can be masked. */
  get current(): Mask | undefined {
    if (this.#keepers.some(({ slot }, at) => slot.current !== this.#made[at])) this.#make();
    return this.#mask;
  }

  #make(): void {
    this.#made = this.#keepers.map(({ slot }) => slot.current);
    this.#mask = Mask.of(
      this.#keepers.flatMap(({ route, slot }) =>
        [slot.current, ...slot.former].flatMap((token) => token === undefined ? [] : [{ route, token }])
      ),
    );
  }
}
