import type { IssuerConfig } from "../config/route/route_config.ts";
import { Refusal } from "../http/refusal.ts";
import type { IssuerKeys } from "./issuer_keys.ts";
import { checkClaims, type Claims, type Jwt } from "./jwt.ts";
import type { KeySet } from "./key_set.ts";

/** A verified token. */
export interface Verified {
  readonly claims: Claims;
  readonly keys: KeySet;
}

/** A live issuer: it verifies tokens. */
export class Issuer {
  readonly #config: IssuerConfig;
  readonly #keys: IssuerKeys;

  constructor(config: IssuerConfig, keys: IssuerKeys) {
    this.#config = config;
    this.#keys = keys;
  }

  /** The value of the claim `iss`. */
  get name(): string {
    return this.#config.issuer;
  }

  /** Reports whether what was verified before still holds: with the same keys, and before it expires. */
  holds({ claims, keys }: Verified, now: number): boolean {
    this.#keys.renew();
    return now < claims.expires && keys === this.#keys.current;
  }

  /**
   * Verifies a token whose `iss` is this issuer's. Returns undefined if it is not valid.
   *
   * @throws {Refusal} `keys_unavailable` if there are no keys to verify it with.
   */
  async verify(jwt: Jwt): Promise<Verified | undefined> {
    const { issuer, audience } = this.#config;
    // Before the signature, which takes far longer.
    const claims = checkClaims(jwt, { issuer, audience, now: Date.now() });
    if (claims === undefined) return undefined;
    const keys = await this.#keys.setFor(jwt);
    if (keys === undefined) throw new Refusal("keys_unavailable");
    return await keys.verifies(jwt) ? { claims, keys } : undefined;
  }
}
