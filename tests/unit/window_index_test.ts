import { assertEquals } from "@std/assert";
import { contentOfText } from "../../lib/mask/content.ts";
import { WindowIndex } from "../../lib/mask/window_index.ts";
import { regionLength, type Sampling, WindowSlots } from "../../lib/mask/window_slots.ts";

const SAMPLINGS: readonly Sampling[] = [
  { window: 4, step: 4 },
  { window: 8, step: 8 },
  { window: 8, step: 16 },
];

function arbitraryRegion(length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => 33 + Math.floor(Math.random() * 90)));
}

/**
 * Returns two regions of which different windows have the same hash, whatever the keys are: the highest bits of both words cancel
 * each other out.
 */
function regionsAlike(sampling: Sampling): readonly string[] {
  return ["abcidefi", "abc\xe9def\xe9"].map((text) => text.repeat(4).slice(0, regionLength(sampling)));
}

/** Returns the owners of all regions that an index finds in a text. */
function ownersIn(index: WindowIndex<number>, text: string): Set<number> {
  const content = contentOfText(text);
  const owners = new Set<number>();
  for (let first = 0; first < index.stride; first += index.step) {
    for (let at = index.find(content, first); at >= 0; at = index.find(content, at + index.stride)) {
      for (const { owner } of index.regionsAt(content, at)) owners.add(owner);
    }
  }
  return owners;
}

Deno.test("WindowIndex finds each of its regions, wherever it stands, and whichever others there are", async (test) => {
  for (const sampling of SAMPLINGS) {
    await test.step(`${sampling.window} bytes of ${sampling.step}`, () => {
      for (let round = 0; round < 60; round++) {
        const index = new WindowIndex<number>(sampling);
        const regions = Array.from({ length: 1 + round }, () => arbitraryRegion(regionLength(sampling)));
        const numbers = regions.map((region, owner) => index.add(region, owner));
        index.place();
        // Some are deleted, and others added in their place.
        for (let owner = 0; owner < regions.length; owner += 3) {
          index.delete(numbers[owner]!, owner);
          const region = arbitraryRegion(regionLength(sampling));
          index.add(region, owner);
          regions[owner] = region;
        }
        index.place();
        for (const [owner, region] of regions.entries()) {
          for (let before = 0; before < sampling.step; before++) {
            const text = "~".repeat(before) + region + "~".repeat(round % 40);
            assertEquals(ownersIn(index, text).has(owner), true, text);
          }
        }
      }
    });
  }
});

Deno.test("WindowIndex finds a region at every place of content of every length, once more after another", async (test) => {
  for (const sampling of SAMPLINGS) {
    await test.step(`${sampling.window} bytes of ${sampling.step}`, () => {
      const index = new WindowIndex<number>(sampling);
      const regions = [0, 1].map(() => arbitraryRegion(regionLength(sampling)));
      regions.forEach((region, owner) => index.add(region, owner));
      index.place();
      for (let before = 0; before < 120; before++) {
        for (let after = 0; after < 40; after++) {
          const text = regions[0]! + "~".repeat(before) + regions[1]! + "~".repeat(after);
          assertEquals([...ownersIn(index, text)].sort(), [0, 1], text);
        }
      }
    });
  }
});

Deno.test("WindowIndex finds regions that have windows in common, and forgets those that are deleted", () => {
  const sampling = { window: 8, step: 16 } as const;
  const index = new WindowIndex<number>(sampling);
  const common = "common-to-all";
  const regions = ["a", "b", "c"].map((char) => `${common}${char}${common}`);
  const numbers = regions.map((region, owner) => index.add(region, owner));
  index.place();
  for (const [owner, region] of regions.entries()) assertEquals([...ownersIn(index, ` ${region}`)], [owner]);
  index.delete(numbers[1]!, 1);
  index.place();
  assertEquals(regions.map((region) => [...ownersIn(index, ` ${region}`)]), [[0], [], [2]]);
});

Deno.test("WindowIndex tells regions apart by each of their bytes", () => {
  for (const sampling of SAMPLINGS) {
    const region = "abcdefghijklmnopqrstuvwxyz".slice(0, regionLength(sampling));
    for (let at = 0; at < region.length; at++) {
      const other = `${region.slice(0, at)}!${region.slice(at + 1)}`;
      // Regions are compared if their first windows share a bucket: of so many indexes, each with a key of its own, in some.
      for (let round = 0; round < 500; round++) {
        const index = new WindowIndex<number>(sampling);
        if (index.add(region, 0) === index.add(other, 1)) throw new Error(`${region} is ${other}`);
        if (at > 7) break;
      }
    }
  }
});

Deno.test("WindowIndex keeps a region once for all its owners and in either case, and forgets it with the last of them", () => {
  for (const sampling of SAMPLINGS) {
    const index = new WindowIndex<number>(sampling);
    const region = "abcdefghijklmnopqrstuvwxyz0".slice(0, regionLength(sampling));
    const number = index.add(region, 0);
    assertEquals([index.add(region.toUpperCase(), 1), index.add(region, 2), index.size], [number, number, 1]);
    index.place();
    for (const gone of [0, 2]) index.delete(number, gone);
    assertEquals([[...ownersIn(index, ` ${region} `)], index.size], [[1], 1]);
    index.delete(number, 1);
    index.place();
    assertEquals([[...ownersIn(index, ` ${region} `)], index.size], [[], 0]);
  }
});

Deno.test("WindowSlots finds no window of a region without the region's last bytes, and, if it is short, its first", () => {
  for (const sampling of SAMPLINGS) {
    const { window, step } = sampling;
    const length = regionLength(sampling);
    const region = "abcdefghijklmnopqrstuvwxyz0".slice(0, length);
    // So many that hardly two of the windows share a bucket, which would have to be placed together.
    const slots = new WindowSlots(sampling, 16);
    const { view } = contentOfText(region);
    for (let offset = 0; offset < step; offset++) {
      const hash = slots.hashAt(view, offset);
      slots.place(slots.bucketOf(hash), { hashes: [hash], keys: [slots.keyOf(view, 0, offset)] });
    }
    for (let offset = 0; offset < step; offset++) {
      // The window stands where a sample is, and the region around it, but for some bytes.
      const begin = 2 * slots.stride - offset;
      const foundIn = (bytes: string) =>
        slots.find(contentOfText("~".repeat(begin) + bytes + "~".repeat(60)), 0) === 2 * slots.stride;
      assertEquals(foundIn(region), true, region);
      const compared = window === 8 ? [length - 4] : [0, length - 4];
      for (const from of compared) {
        for (let at = from; at < from + 4; at++) {
          if (at >= offset && at < offset + window) continue;
          assertEquals(foundIn(`${region.slice(0, at)}!${region.slice(at + 1)}`), false, `${offset}, ${at}`);
        }
      }
    }
  }
});

Deno.test("WindowIndex finds nothing in zeros, whatever it held before", () => {
  for (const sampling of SAMPLINGS) {
    const index = new WindowIndex<number>(sampling);
    const regions = Array.from({ length: 300 }, () => arbitraryRegion(regionLength(sampling)));
    const numbers = regions.map((region, owner) => index.add(region, owner));
    for (const owner of [0, 7, 299]) index.delete(numbers[owner]!, owner);
    index.place();
    assertEquals(ownersIn(index, "\0".repeat(200)).size, 0);
  }
});

Deno.test("WindowIndex finds regions of which different windows have the same hash", () => {
  for (const sampling of SAMPLINGS) {
    const index = new WindowIndex<number>(sampling);
    const regions = regionsAlike(sampling);
    regions.forEach((region, owner) => index.add(region, owner));
    index.place();
    for (const [owner, region] of regions.entries()) {
      for (let before = 0; before < sampling.step; before++) {
        const text = "~".repeat(before) + region + "~".repeat(40);
        assertEquals([...ownersIn(index, text)], [owner], `${sampling.window} of ${sampling.step}: ${text}`);
      }
    }
  }
});

Deno.test("WindowIndex keeps no bytes of a region that is deleted", () => {
  const OriginalView = globalThis.DataView;
  const memory: ArrayBufferLike[] = [];
  globalThis.DataView = class<Memory extends ArrayBufferLike> extends OriginalView<Memory> {
    constructor(buffer: Memory & { BYTES_PER_ELEMENT?: never }) {
      super(buffer);
      memory.push(buffer);
    }
  };
  try {
    const index = new WindowIndex<number>({ window: 8, step: 16 });
    const number = index.add("a-region-of-27-bytes-012345", 0);
    const hasBytes = () => new Uint8Array(memory.at(-1)!).some((byte) => byte !== 0);
    assertEquals(hasBytes(), true);
    index.delete(number, 0);
    assertEquals(hasBytes(), false);
  } finally {
    globalThis.DataView = OriginalView;
  }
});

Deno.test("WindowIndex finds no region that differs from the content in any single byte", () => {
  for (const sampling of SAMPLINGS) {
    const region = "abcdefghijklmnopqrstuvwxyz0".slice(0, regionLength(sampling));
    for (let wrong = 0; wrong < region.length; wrong++) {
      const index = new WindowIndex<number>(sampling);
      index.add(region, 0);
      index.add(`${region.slice(0, wrong)}!${region.slice(wrong + 1)}`, 1);
      index.place();
      for (let before = 0; before < sampling.step; before++) {
        const text = "~".repeat(before) + region + "~".repeat(40);
        assertEquals([...ownersIn(index, text)], [0], `byte ${wrong} after ${before}`);
      }
    }
  }
});

Deno.test("WindowIndex passes over a place where regions share a window, and only that agrees", () => {
  for (const sampling of SAMPLINGS) {
    const index = new WindowIndex<number>(sampling);
    const regions = regionsAlike(sampling);
    regions.forEach((region, owner) => index.add(region, owner));
    index.place();
    for (let before = 0; before < 3 * index.stride; before += index.stride) {
      const found = (text: string) =>
        index.find(contentOfText("~".repeat(before) + text + "~".repeat(80)), 0);
      assertEquals([found(regions[0]!.slice(0, sampling.window)), found(regions[0]!)], [-1, before]);
    }
  }
});
