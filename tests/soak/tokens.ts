/**
 * The tokens of a soak. They differ by a number only, so that one search finds all of them, current and former.
 *
 * @module
 */

import { finderFor } from "../support/canary.ts";

/** The text before and after the number, with characters that encoders treat specially. */
const [PREFIX, SUFFIX] = ["soak+Zq7/Lm2=K9.xB4_vNc", "-8wT~e3+Pw/9dK2=sQ7&nH4"];

/** The user name on routes with Basic. */
export const USER = "x-access-token";

/** Returns the token with a number. */
export function tokenOf(number: number): string {
  return `${PREFIX}${String(number).padStart(6, "0")}${SUFFIX}`;
}

/** Returns the token in a credential field; undefined if the field is not what a route would send. */
export function tokenIn(value: string | undefined): string | undefined {
  const [, scheme, text = ""] = /^(Bearer|Basic) (\S+)$/.exec(value ?? "") ?? [];
  const token = scheme === "Basic" ? atob(text).replace(`${USER}:`, "") : text;
  const number = Number(token.slice(PREFIX.length, -SUFFIX.length));
  return token === tokenOf(number) ? token : undefined;
}

const find = finderFor([
  { variable: "the front of a token", secret: PREFIX },
  { variable: "the back of a token", secret: SUFFIX },
]);

/** Scans what a client gets and does not compare byte for byte. */
export class LeakDetector {
  /** How often each form of a token was found. */
  readonly found = new Map<string, number>();

  /** The number of texts in which a token was found. */
  leaks = 0;

  scan(given: string | Uint8Array): void {
    const found = find(given);
    if (found.size > 0) this.leaks++;
    for (const form of found.keys()) this.found.set(form, (this.found.get(form) ?? 0) + 1);
  }
}
