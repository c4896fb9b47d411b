import { assertEquals } from "@std/assert";
import { type Content, contentOfText } from "../../lib/mask/content.ts";
import { WindowIndex } from "../../lib/mask/window_index.ts";
import { regionLength, type Sampling, WindowSlots } from "../../lib/mask/window_slots.ts";
import { latin1 } from "../support/bytes.ts";

const SAMPLINGS: readonly Sampling[] = [
  { window: 4, step: 4 },
  { window: 8, step: 8 },
  { window: 8, step: 16 },
];

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0";

/**
 * Returns slots with all windows of a region: so many slots that hardly two windows share a bucket, which would have to be
 * placed together.
 *
 * @param changed The bits in which the keys are wrong.
 */
function slotsOf(sampling: Sampling, region: string, changed = 0): WindowSlots {
  const slots = new WindowSlots(sampling, 16);
  const { view } = contentOfText(region);
  for (let offset = 0; offset < sampling.step; offset++) {
    const hash = slots.hashAt(view, offset);
    slots.place(slots.bucketOf(hash), { hashes: [hash], keys: [slots.keyOf(view, 0, offset) ^ changed] });
  }
  return slots;
}

/** Returns the first place that slots find where a whole region has room. At the end of the content they find any place. */
function findWhole(slots: WindowSlots, content: Content, sampling: Sampling): number {
  const at = slots.find(content, 0);
  return at <= content.length - regionLength(sampling) ? at : -1;
}

Deno.test("WindowSlots finds no window whose key differs in any bit above the offset's", () => {
  for (const sampling of SAMPLINGS) {
    const region = ALPHABET.slice(0, regionLength(sampling));
    const found = (changed: number) =>
      findWhole(slotsOf(sampling, region, changed), contentOfText(region + "~".repeat(60)), sampling);
    assertEquals(found(0), 0);
    for (let bit = 5; bit < 32; bit++) assertEquals(found(1 << bit), -1, `bit ${bit}`);
  }
});

Deno.test("WindowSlots finds nothing in zeros, as long as no slot holds a window of them", () => {
  for (const sampling of SAMPLINGS) {
    const zeros = contentOfText("\0".repeat(200));
    assertEquals(findWhole(new WindowSlots(sampling, 10), zeros, sampling), -1);
  }
});

/** Returns content, and counts how many words are read of it. */
function countedContent(text: string): Content & { reads: number } {
  const bytes = latin1(text);
  const view = new DataView(bytes.buffer);
  const content = { bytes, view, length: bytes.length, reads: 0 };
  const read = view.getInt32.bind(view);
  view.getInt32 = (at, isLittleEndian) => {
    content.reads++;
    return read(at, isLittleEndian);
  };
  return content;
}

Deno.test("WindowSlots reads as many words of all content of a length: three per sample, and four besides", () => {
  for (const sampling of SAMPLINGS) {
    const { window, step } = sampling;
    const length = regionLength(sampling);
    const region = ALPHABET.slice(0, length);
    const slots = slotsOf(sampling, region);
    // No sample is read by two of the searches that begin at other steps.
    assertEquals(slots.stride % step, 0);
    for (const size of [length, 60, 61, 100, 500, 1003]) {
      const last = size - (window === 8 ? length : window);
      const samples = Math.floor(last / slots.stride) + 1;
      const contents = [
        "\0".repeat(size),
        "~".repeat(size),
        // The samples are windows of the region, but without its last bytes.
        region.slice(0, length - 4).repeat(size).slice(0, size),
        `${region.slice(0, window)}${"~".repeat(slots.stride - window)}`.repeat(size).slice(0, size),
      ].map(countedContent);
      for (const content of contents) assertEquals(findWhole(slots, content, sampling), -1);
      const expected = 3 * samples + (samples > 2 && window === 8 ? 4 : 0);
      assertEquals(contents.map(({ reads }) => reads), contents.map(() => expected), `${size} bytes`);
    }
  }
});

Deno.test("WindowIndex reads nothing before content and nothing after it", () => {
  for (const sampling of SAMPLINGS) {
    const length = regionLength(sampling);
    const region = ALPHABET.slice(0, length);
    const index = new WindowIndex<number>(sampling);
    index.add(region, 0);
    index.place();
    for (let size = 0; size < 2 * length + 16; size++) {
      for (let missing = 1; missing < length; missing++) {
        // With memory of its own, so that nothing else can be read.
        const [begins, ends] = [
          region.slice(missing).padEnd(size, "~").slice(0, size),
          region.slice(0, -missing).padStart(size, "~").slice(-size || length),
        ].map(countedContent);
        for (const content of [begins!, ends!]) {
          for (let at = index.find(content, 0); at >= 0; at = index.find(content, at + index.stride)) {
            assertEquals([...index.regionsAt(content, at)], []);
          }
        }
      }
    }
  }
});

Deno.test("WindowIndex gives the numbers of what is deleted to what is added, and counts regions", () => {
  for (const sampling of SAMPLINGS) {
    const index = new WindowIndex<number>(sampling);
    const [region, other] = [ALPHABET, ALPHABET.slice(1) + "1"].map((text) =>
      text.slice(0, regionLength(sampling))
    );
    const kept = index.add(region!, 0);
    for (let round = 0; round < 50; round++) {
      const number = index.add(other!, 1);
      // One that is there already takes no number, whether one is free or not.
      assertEquals([index.add(region!, 2), index.add(other!, 2), index.size], [kept, number, 2]);
      for (const owner of [1, 2]) index.delete(number, owner);
      index.delete(kept, 2);
      assertEquals([number, index.add(region!, 2), index.size], [2, kept, 1]);
      index.delete(kept, 2);
      index.place();
    }
  }
});

Deno.test("WindowSlots has as many buckets as slots divided by eight", () => {
  const sizes = [10, 12].map((bits) => new WindowSlots(SAMPLINGS[0]!, bits)).map((
    { bits, buckets },
  ) => [bits, buckets]);
  assertEquals(sizes, [[10, 128], [12, 512]]);
});

Deno.test("WindowSlots gives no slot away whose key looks like an empty one", () => {
  const { getRandomValues } = crypto;
  try {
    // All multipliers are 1, so the first window's hash is its first word but for the highest bit, and so is the tag.
    crypto.getRandomValues = (values) => values;
    const sampling = { window: 8, step: 16 } as const;
    const slots = new WindowSlots(sampling, 4);
    const region = "AAAA\0\0\0\x80with-any-othersAAAA";
    const { view } = contentOfText(region);
    const hash = slots.hashAt(view, 0);
    slots.place(slots.bucketOf(hash), { hashes: [hash], keys: [slots.keyOf(view, 0, 0)] });
    // Enough windows of the other bucket for most of the other slots.
    const hashes = Array.from({ length: 12 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 1);
    slots.place(slots.bucketOf(0), { hashes, keys: hashes.map(() => -1) });
    assertEquals(findWhole(slots, contentOfText(region + "~".repeat(80)), sampling), 0);
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
});
