import type { PrivateKey } from "../config/route/private_key.ts";
import { type Clock, SYSTEM_CLOCK } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import type { IssuerResponse } from "./issuer.ts";
import { type JwtContent, signJwt } from "./jwt.ts";
import { IssuerError } from "./issuer_error.ts";

/** An assertion to be signed. */
export interface UnsignedAssertion {
  readonly key: PrivateKey;
  readonly content: JwtContent;
}

/** A smaller difference between two clocks is of no consequence, in milliseconds. */
const SKEW_TOLERANCE_MS = 30_000;

/** The maximum number of assertions that are still masked in responses; an issuer accepts each for minutes. */
const SENT_LIMIT = 2;

/**
 * The assertions with which a token is asked for.
 *
 * They state times, and an issuer refuses one whose times are not those of its own clock. So once it is known that the
 * clocks differ, the times are the issuer's.
 */
export class Assertions {
  readonly #clock: Clock;
  #skewMs = 0;
  #sent: readonly Secret[] = [];

  constructor(clock: Clock = SYSTEM_CLOCK) {
    this.#clock = clock;
  }

  /** The assertions that were sent last, which a response must not reveal. */
  get sent(): readonly Secret[] {
    return this.#sent;
  }

  /** Takes note of the issuer's clock. */
  observe({ date }: Pick<IssuerResponse, "date">): void {
    if (date === undefined) return;
    const skew = date - this.#clock.wall();
    this.#skewMs = Math.abs(skew) < SKEW_TOLERANCE_MS ? 0 : skew;
  }

  /**
   * Signs an assertion and sends it, once more if it was refused and the clocks turn out to differ.
   *
   * @param prepare Returns the assertion for a time, in milliseconds since 1970.
   * @param send Must call {@linkcode observe} with the response.
   */
  async send<Value>(
    prepare: (now: number) => UnsignedAssertion,
    send: (assertion: Secret) => Promise<Value>,
  ): Promise<Value> {
    const assumed = this.#skewMs;
    try {
      return await send(await this.#sign(prepare));
    } catch (error) {
      const differs = Math.abs(this.#skewMs - assumed) >= SKEW_TOLERANCE_MS;
      if (!(error instanceof IssuerError && error.permanent && differs)) throw error;
      return await send(await this.#sign(prepare));
    }
  }

  async #sign(prepare: (now: number) => UnsignedAssertion): Promise<Secret> {
    const { key, content } = prepare(this.#clock.wall() + this.#skewMs);
    const assertion = await signJwt(key, content);
    this.#sent = [assertion, ...this.#sent].slice(0, SENT_LIMIT);
    return assertion;
  }
}
