/**
 * Properties of random cases, with a seed that is the same in every run: a failure that is seen once is seen again.
 *
 * `FUZZ_SEED` sets another seed, or with `random` a new one in each run, and `FUZZ_TIMES` multiplies the number of cases.
 * A failure shows the seed.
 *
 * @module
 */

import fc from "fast-check";

const given = Deno.env.get("FUZZ_SEED") ?? "9112";

/** What the random cases come from. */
export const SEED: number = given === "random" ? Date.now() % 2 ** 31 : Number(given);

/** By how much the number of cases is multiplied. */
export const TIMES: number = Number(Deno.env.get("FUZZ_TIMES") ?? 1);

/** How many cases a property has that says nothing else. */
const RUNS = 100;

fc.configureGlobal({ seed: SEED, numRuns: RUNS * TIMES });
if (given === "random") console.log(`FUZZ_SEED=${SEED}`);

/** How often to run a property: so many times, or a multiple. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: count * TIMES };
}

export { fc };
