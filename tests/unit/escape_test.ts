import { assertEquals } from "@std/assert";
import { escapeAt, escapeBefore, escapedByte, escapeLength } from "../../lib/mask/escape.ts";
import { latin1 } from "../support/bytes.ts";

/** Returns the byte that a text stands for as a whole, read from its beginning, and from its end. */
function read(text: string): (number | undefined)[] {
  const bytes = latin1(`x${text}x`);
  return [escapeAt(bytes, 1), escapeBefore(bytes, 1 + text.length)].map((escape) =>
    escapeLength(escape) === text.length ? escapedByte(escape) : undefined
  );
}

Deno.test("an escape of any kind is read from its beginning and from its end", () => {
  const escapes = [
    "%41",
    "%2541",
    "\\x41",
    "\\u0041",
    "&#65;",
    "&#x41;",
    "&#X41;",
    "&#065;",
    "&#00065;",
    "&#x0041;",
  ];
  for (const escape of escapes) assertEquals(read(escape), [0x41, 0x41], escape);
  assertEquals(read("%ff"), [0xff, 0xff]);
  assertEquals(read("&#255;"), [255, 255]);
  assertEquals(read("&#xFF;"), [255, 255]);
  assertEquals(read("&#0;"), [0, 0]);
  // The longest that is read.
  assertEquals([read("&#000065;"), read("&#x00041;")], [[0x41, 0x41], [0x41, 0x41]]);
});

Deno.test("what only resembles an escape stands for no byte", () => {
  const others = [
    "%4",
    "%4g",
    "%g4",
    "\\u0141",
    "\\u1041",
    "\\u004g",
    "\\y41",
    "\\x4g",
    "&#;",
    "&#x;",
    "&#6a;",
    "&#256;",
  ];
  for (const text of [...others, "&#x100;", "&#65", "&65;", "&#0000065;", "&#x000041;"]) {
    assertEquals(read(text), [undefined, undefined], text);
  }
});
