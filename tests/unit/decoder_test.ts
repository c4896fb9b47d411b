import { assertEquals, assertThrows } from "@std/assert";
import type { ResponseFraming } from "../../lib/http/framing.ts";
import { decoderFor } from "../../lib/upstream/decoder.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { latin1 } from "../support/bytes.ts";

/** Decodes a piece that begins after the front of its memory. @returns Its body, and how much of it was read. */
function decode(decoder: ReturnType<typeof decoderFor>, piece: string): [body: string, read: number] {
  const bytes = latin1(`??${piece}`);
  const { end, read } = decoder.decode(bytes, 2, bytes.length);
  return [new TextDecoder().decode(bytes.subarray(2, end)), read - 2];
}

Deno.test("a body with a length ends after that many bytes, and knows how many are to come", () => {
  const decoder = decoderFor({ kind: "length", length: 10 });
  assertEquals([decoder.expected, decoder.done], [10, false]);
  assertEquals(decode(decoder, "hello"), ["hello", 5]);
  assertEquals([decoder.expected, decoder.done], [5, false]);
  assertEquals(decode(decoder, "w"), ["w", 1]);
  assertEquals(decode(decoder, "orld and more"), ["orld", 4]);
  assertEquals([decoder.expected, decoder.done], [0, true]);
  assertEquals(decode(decoder, "more"), ["", 0]);
});

Deno.test("a response without a body is done before anything is read", () => {
  const decoder = decoderFor({ kind: "none" });
  assertEquals([decoder.expected, decoder.done, decode(decoder, "x")], [0, true, ["", 0]]);
});

Deno.test("a chunked body ends with its last chunk", () => {
  const decoder = decoderFor({ kind: "chunked" });
  assertEquals([decoder.expected, decoder.done], [Infinity, false]);
  assertEquals(decode(decoder, "5\r\nhel"), ["hel", 6]);
  assertEquals(decode(decoder, "lo\r\n0\r\n\r\nmore"), ["lo", 9]);
  assertEquals([decoder.expected, decoder.done], [Infinity, true]);
});

Deno.test("a body without a known end lasts until the connection ends, and any other is incomplete then", () => {
  const open = decoderFor({ kind: "close" });
  assertEquals(decode(open, "hello"), ["hello", 5]);
  assertEquals([open.expected, open.done], [Infinity, false]);
  open.end();
  assertEquals(open.done, true);
  const others: ResponseFraming[] = [{ kind: "length", length: 1 }, { kind: "chunked" }];
  for (const framing of others) {
    assertThrows(() => decoderFor(framing).end(), BadResponse, "connection closed within the body");
  }
});
