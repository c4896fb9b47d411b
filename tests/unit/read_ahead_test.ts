import { assertEquals } from "@std/assert";
import { ReadAhead } from "../../lib/upstream/read_ahead.ts";

Deno.test("ReadAhead returns what it has read in order, whether it was asked for before or after it came", async () => {
  const pieces = Array.from({ length: 5 }, (_, index) => Uint8Array.of(index));
  const rest = [...pieces];
  const ahead = new ReadAhead(() => Promise.resolve(rest.shift()));
  const first = ahead.next();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([rest.length, ahead.isFull], [0, false]);
  const got = [await first];
  for (let count = 1; count < 6; count++) got.push(await ahead.next());
  assertEquals(got, [...pieces, undefined]);
});
