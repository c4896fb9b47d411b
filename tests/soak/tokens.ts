/**
 * The tokens of a soak: each like the one before but for its number, so that one search finds them all, current and
 * former.
 *
 * @module
 */

import { finderFor } from "../support/canary.ts";

/** Before and behind the number; with the characters that encoders treat in ways of their own. */
const [FRONT, BACK] = ["soak+Zq7/Lm2=K9.xB4_vNc", "-8wT~e3+Pw/9dK2=sQ7&nH4"];

/** Before the token, on the routes with Basic. */
export const USER = "x-access-token";

/** The token with a number. */
export function tokenOf(number: number): string {
  return `${FRONT}${String(number).padStart(6, "0")}${BACK}`;
}

/** The token in the value of a credential's field; undefined where that is not what a route makes of one. */
export function tokenIn(value: string | undefined): string | undefined {
  const [, scheme, text = ""] = /^(Bearer|Basic) (\S+)$/.exec(value ?? "") ?? [];
  const token = scheme === "Basic" ? atob(text).replace(`${USER}:`, "") : text;
  const number = Number(token.slice(FRONT.length, -BACK.length));
  return token === tokenOf(number) ? token : undefined;
}

const find = finderFor([
  { variable: "the front of a token", secret: FRONT },
  { variable: "the back of a token", secret: BACK },
]);

/** Listens to all that a client gets and that was not compared byte for byte. */
export class LeakDetector {
  /** How often each form of a token was heard. */
  readonly found = new Map<string, number>();

  /** In how many pieces something was heard. */
  leaks = 0;

  scan(given: string | Uint8Array): void {
    const found = find(given);
    if (found.size > 0) this.leaks++;
    for (const form of found.keys()) this.found.set(form, (this.found.get(form) ?? 0) + 1);
  }
}
