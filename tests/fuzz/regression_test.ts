/**
 * Feeds the fuzzer's seeds, and what it found, to the parsers again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { TARGETS } from "./targets.ts";

const INPUTS = new URL("../testdata/fuzz/", import.meta.url);

for (const [name, fuzz] of Object.entries(TARGETS)) {
  Deno.test(`the parser of ${name} takes or rejects each input of the fuzzer, and does not contradict itself`, () => {
    const files = [...Deno.readDirSync(new URL(`${name}/`, INPUTS))].map((file) => file.name);
    assert(files.length >= 4, name);
    for (const file of files) {
      const bytes = Deno.readFileSync(new URL(`${name}/${file}`, INPUTS));
      // Cut anywhere as well.
      for (let end = 0; end <= bytes.length; end++) fuzz(bytes.slice(0, end));
    }
  });
}

Deno.test("each folder of inputs has a target", () => {
  assertEquals(
    [...Deno.readDirSync(INPUTS)].map(({ name }) => name).toSorted(),
    Object.keys(TARGETS).toSorted(),
  );
});
