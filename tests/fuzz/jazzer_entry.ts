/**
 * What the fuzzer loads, bundled for Node: the target that the variable `FUZZ_TARGET` names.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { TARGETS } from "./targets.ts";

// Node has it since version 25; without it no token would be parsed. As strict as what the parser asks for.
Uint8Array.fromBase64 ??= (text: string) => {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text.replace(/=+$/, "")) throw new SyntaxError("Not base64url");
  return new Uint8Array(bytes);
};

const target = TARGETS[process.env.FUZZ_TARGET ?? ""];
if (target === undefined) {
  throw new Error(`FUZZ_TARGET is none of ${Object.keys(TARGETS).join(", ")}`);
}

/** Called with each input. */
export function fuzz(input: Uint8Array): void {
  target!(new Uint8Array(input));
}
