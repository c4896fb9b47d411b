import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { MaskedSource } from "../../lib/mask/masked_source.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { placesOf } from "../../lib/mask/tally.ts";
import { latin1 } from "../support/bytes.ts";

const TOKEN = "secret-Wq7Zt2LmK9xB4vNc";

Deno.test("placesOf() counts matches that overlap once", () => {
  const cases: [matches: [from: number, to: number][], places: number][] = [
    [[], 0],
    [[[0, 3]], 1],
    [[[0, 3], [0, 3], [1, 2]], 1],
    [[[5, 9], [0, 3], [2, 6]], 1],
    [[[5, 9], [0, 3], [3, 5]], 3],
  ];
  for (const [matches, places] of cases) {
    assertEquals(placesOf(matches.map(([from, to]) => ({ from, to }))), places, JSON.stringify(matches));
  }
});

Deno.test("a mask counts what it masks, in one piece and in a stream, in any form", () => {
  const mask = Mask.of([{ text: Secret.of(TOKEN) }])!;
  const text = ` ${TOKEN} x ${btoa(TOKEN)} ${TOKEN.slice(1)} ${TOKEN} `;
  const tally = { masked: 0 };
  mask.maskBytes(latin1(text), tally);
  assertEquals(tally.masked, 3);
  assertEquals([mask.maskText(TOKEN, tally), tally.masked], ["*".repeat(TOKEN.length), 4]);
  for (const size of [1, 7, 30, 1000]) {
    const stream = new StreamMask({ current: mask });
    for (let at = 0; at < text.length; at += size) stream.push(latin1(text.slice(at, at + size)));
    stream.flush();
    assertEquals(stream.masked, 3, `pieces of ${size}`);
  }
});

Deno.test("a masked source adds what it masks to a tally, piece by piece, and what it held back at the end", async () => {
  const current = Mask.of([{ text: Secret.of(TOKEN) }]);
  const pieces = [
    `${TOKEN} and ${TOKEN} `,
    `no secret, ${TOKEN.slice(0, 9)}`,
    `${TOKEN.slice(9)} and ${TOKEN}`,
  ];
  const source = {
    get done() {
      return pieces.length === 0;
    },
    next: () => Promise.resolve(latin1(pieces.shift()!)),
    cancel() {},
  };
  const tally = { masked: 1 };
  const masked = new MaskedSource(source, { current }, { tally });
  const counts: number[] = [];
  while (!masked.done) {
    await masked.next();
    counts.push(tally.masked);
  }
  assertEquals(counts, [3, 3, 5]);
});
