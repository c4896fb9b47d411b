/**
 * What the fuzzer loads, bundled for Node: the target that the variable `FUZZ_TARGET` names.
 *
 * @module
 */

import process from "node:process";
import { TARGETS } from "./targets.ts";

const target = TARGETS[process.env.FUZZ_TARGET ?? ""];
if (target === undefined) {
  throw new Error(`FUZZ_TARGET is none of ${Object.keys(TARGETS).join(", ")}`);
}

/** Called with each input. */
export function fuzz(input: Uint8Array): void {
  target!(new Uint8Array(input));
}
