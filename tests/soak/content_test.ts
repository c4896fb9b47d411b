import { assert, assertEquals, assertThrows } from "@std/assert";
import { Comparison, PIECE, pieceOf, piecesOf } from "./content.ts";
import { join } from "../support/bytes.ts";

const LENGTH = 300_000;

Deno.test("pieceOf() and piecesOf() produce the same content from any offset", () => {
  for (let at = 0; at < LENGTH; at++) {
    assertEquals(pieceOf(3, at, PIECE).at(-1), pieceOf(3, at + PIECE - 1, 1)[0]);
  }
  for (const id of [0, 1, 77, 12_345]) {
    const whole = join([...piecesOf(id, LENGTH)]);
    assertEquals(whole.length, LENGTH);
    for (let at = 0; at + PIECE <= LENGTH; at += 1009) {
      assert(pieceOf(id, at, PIECE).every((byte, index) => byte === whole[at + index]), `${id} at ${at}`);
    }
    for (const size of [1009, PIECE + 1, LENGTH]) {
      const comparison = new Comparison(id);
      for (let at = 0; at < LENGTH; at += size) comparison.add(whole.subarray(at, at + size));
      comparison.end(LENGTH);
    }
  }
});

Deno.test("Comparison throws on a changed, missing, repeated or foreign byte", () => {
  const whole = join([...piecesOf(5, LENGTH)]);
  const changed = whole.slice();
  changed[200_000]! ^= 1;
  const cases = {
    changed,
    missing: join([whole.subarray(0, 1000), whole.subarray(1001)]),
    repeated: join([whole.subarray(0, 1000), whole.subarray(999)]),
    foreign: join([whole.subarray(0, PIECE), pieceOf(6, PIECE, PIECE), whole.subarray(2 * PIECE)]),
    swapped: join([whole.subarray(PIECE, 2 * PIECE), whole.subarray(0, PIECE)]),
    truncated: whole.subarray(0, -1),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    assertThrows(
      () => {
        const comparison = new Comparison(5);
        comparison.add(bytes);
        comparison.end(LENGTH);
      },
      Error,
      undefined,
      what,
    );
  }
});
