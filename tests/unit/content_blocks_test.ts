/**
 * Blocks of memory in which pieces of content are joined, and framed as chunks in place.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { chunkOf, ContentBlocks } from "../../lib/upstream/content_blocks.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";

const FULL = 65_528;

function filled(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(0x78);
}

/** Adds pieces, and returns what they are joined to. */
function joined(blocks: ContentBlocks, ...pieces: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  for (const piece of pieces) blocks.add(piece);
  blocks.flush();
  assert(blocks.isEmpty);
  return Array.from({ length: blocks.count }, () => blocks.shift()!);
}

Deno.test("a chunk is its length, its content and a line break, whether or not it is made in place", () => {
  for (const length of [1, 15, 16, 4_095, 32_763, 32_764, 65_527, FULL]) {
    const blocks = new ContentBlocks({ kind: "chunked" });
    const [piece] = joined(blocks, filled(length));
    const expected = `${length.toString(16)}\r\n${"x".repeat(length)}\r\n`;
    assert(fromLatin1(chunkOf(piece!)) === expected, `${length} bytes`);
    assert(fromLatin1(chunkOf(filled(length))) === expected, `${length} bytes apart`);
  }
});

Deno.test("a full block becomes a chunk in place, of four records of TLS, and a small one takes no block", () => {
  const blocks = new ContentBlocks({ kind: "chunked" });
  const [full, small] = joined(blocks, filled(FULL + 10));
  assertEquals([full!.length, small!.length], [FULL, 10]);
  const chunk = chunkOf(full!);
  assertEquals([chunk.length, chunk.buffer === full!.buffer], [4 * 16_384, true]);
  assertEquals(small!.buffer.byteLength, 10);
});

Deno.test("pieces are split over blocks, and nothing is lost between them", () => {
  const text = Array.from({ length: 30_000 }, (_, at) => `${at};`).join("");
  const bytes = latin1(text);
  const pieces = [bytes.slice(0, 65_500), bytes.slice(65_500, 65_600), bytes.slice(65_600)];
  const parts = joined(new ContentBlocks({ kind: "chunked" }), ...pieces);
  assert(fromLatin1(join(parts)) === text);
  assertEquals(parts.map(({ length }) => length), [FULL, FULL, bytes.length - 2 * FULL]);
});

Deno.test("the memory of a block that was given back is used again, and other memory is freed", () => {
  const blocks = new ContentBlocks({ kind: "chunked" });
  const [first] = joined(blocks, filled(FULL));
  const { buffer } = first!;
  blocks.release(first!);
  const [second] = joined(blocks, filled(40_000));
  assert(second!.buffer === buffer);
  const other = filled(100);
  blocks.release(other);
  assertEquals(other.length, 0);
  // A part of a larger array that begins where a block's content would has no room around it.
  const long = filled(FULL + 8).subarray(6);
  assertEquals(chunkOf(long).buffer === long.buffer, false);
});

Deno.test("what is joined but was not asked for is freed with the blocks", () => {
  const blocks = new ContentBlocks({ kind: "chunked" });
  blocks.add(filled(FULL + 10));
  blocks.free();
  blocks.flush();
  assertEquals(blocks.count, 0);
});

Deno.test("blocks are freed wherever they are: given back, being filled, or complete", () => {
  const uses: [name: string, use: (blocks: ContentBlocks) => void][] = [
    ["given back", () => {}],
    ["being filled", (blocks) => blocks.add(filled(10))],
    ["complete", (blocks) => blocks.add(filled(FULL))],
  ];
  for (const [name, use] of uses) {
    const blocks = new ContentBlocks({ kind: "chunked" });
    const [piece] = joined(blocks, filled(FULL));
    const { buffer } = piece!;
    blocks.release(piece!);
    use(blocks);
    assertEquals(buffer.detached, false, name);
    blocks.free();
    assertEquals([buffer.detached, blocks.count, blocks.isEmpty], [true, 0, true], name);
  }
});

Deno.test("a block is no larger than content of a known length, with room for its framing", () => {
  for (
    const [length, size] of [[10_000, 10_008], [65_528, 65_536], [65_529, 65_536], [1e9, 65_536]] as const
  ) {
    const blocks = new ContentBlocks({ kind: "length", length });
    const [piece] = joined(blocks, filled(9_000), filled(Math.min(length, 65_000) - 9_000));
    assertEquals([piece!.length, piece!.buffer.byteLength], [Math.min(length, 65_000), size], `${length}`);
  }
  const whole = filled(20_000);
  const [copy] = joined(new ContentBlocks({ kind: "length", length: 20_000 }), whole);
  assertEquals([copy!.length, copy!.buffer.byteLength, copy!.buffer === whole.buffer], [
    20_000,
    20_000,
    false,
  ]);
});
