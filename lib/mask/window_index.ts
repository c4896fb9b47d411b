import type { Content } from "./content.ts";

/** How an index samples content. A run of `window + step - 1` bytes always holds a whole sampled window. */
export interface Sampling {
  /** The length of a window, in bytes. */
  readonly window: 4 | 8;
  /** The distance between two windows, in bytes: a power of two. */
  readonly step: 4 | 8 | 16;
}

/** The length of the regions of an index, in bytes. */
export function regionLength({ window, step }: Sampling): number {
  return window + step - 1;
}

/** A region that stands in content: its owner, and where it begins. */
export interface FoundRegion<Owner> {
  readonly owner: Owner;
  readonly at: number;
}

/** The smallest table of slots, as a power of two: 16 KiB, so that it fits into the CPU's L1 cache. */
const MIN_BITS = 12;

/** A table of slots up to this size, as a power of two, grows early, since growing it takes less than 2 ms. */
const SMALL_BITS = 16;

/** No entry. The regions are numbered from 1, so that no entry has this number. An empty slot leads to random probes. */
const NONE = 0;

/**
 * An index of short regions of bytes that finds them in content at a cost per byte that does not depend on either.
 *
 * After Bentley and McIlroy, "Data compression using long common strings" (1999), with the roles swapped: of the regions
 * every window is hashed, and of the content only each `step`-th, which one of the region's windows must match wherever
 * the region stands. A match alone leads to no further work. For each sample, whatever it is, the first and the last four
 * bytes of one region are compared as well: of the region that has such a window, or of any other. Only if all agree is more
 * done. So nobody can learn from the search's speed that some bytes occur in a region before twelve of them are right, at
 * once, at both of its ends (all of a region of seven).
 *
 * The hash is keyed per process, so that nobody can prepare content whose windows share a slot.
 */
export class WindowIndex<Owner> {
  readonly #window: 4 | 8;
  readonly #step: number;
  readonly #stepBits: number;
  readonly #length: number;
  readonly #keys = crypto.getRandomValues(new Int32Array(2));

  /** Per slot: a link, which is an entry × 2, + 1 if another link follows. An entry is a region's number × step + an offset. */
  #slots = new Int32Array(1 << MIN_BITS);
  #shift = 32 - MIN_BITS;
  /** Per entry: the link that follows it in its slot. */
  #next = new Int32Array(0);
  /** Per region: its first four bytes, and its last four. */
  #probes: Int32Array = crypto.getRandomValues(new Int32Array(2));
  /** Per region: all of its bytes, and its owner. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #owners: (Owner | undefined)[] = [undefined];
  #free: number[] = [];

  constructor({ window, step }: Sampling) {
    this.#window = window;
    this.#step = step;
    this.#stepBits = Math.log2(step);
    this.#length = regionLength({ window, step });
  }

  /** The distance between samples, in bytes. */
  get step(): number {
    return this.#step;
  }

  /** The number of regions. */
  get size(): number {
    return this.#owners.length - 1 - this.#free.length;
  }

  /**
   * Adds a region.
   *
   * @param region Bytes, one per character, as many as {@linkcode regionLength} says.
   * @returns The region's number.
   */
  add(region: string, owner: Owner): number {
    const number = this.#free.pop() ?? this.#owners.length;
    this.#reserve(number + 1);
    this.#owners[number] = owner;
    const from = number * this.#length;
    for (let at = 0; at < this.#length; at++) {
      this.#bytes[from + at] = region.charCodeAt(at);
    }
    const last = this.#length - 4;
    this.#probes[number * 2] = this.#view.getInt32(from, true);
    this.#probes[number * 2 + 1] = this.#view.getInt32(from + last, true);
    for (let offset = 0; offset < this.#step; offset++) {
      this.#link(number * this.#step + offset);
    }
    return number;
  }

  /** Deletes a region, by its number. */
  delete(number: number): void {
    for (let offset = 0; offset < this.#step; offset++) {
      this.#unlink(number * this.#step + offset);
    }
    this.#bytes.fill(0, number * this.#length, (number + 1) * this.#length);
    this.#probes.copyWithin(number * 2, 0, 2);
    this.#owners[number] = undefined;
    this.#free.push(number);
  }

  /**
   * Returns the first position from `at`, a multiple of the step, where a window of a region stands that agrees with the
   * content in all that is compared, or -1.
   */
  find(content: Content, at: number): number {
    if (content.length < this.#length) return -1;
    for (;; at += this.#step) {
      at = this.#window === 8 ? this.#find8(content, at) : this.#find4(content, at);
      if (at < 0 || this.#agreesAt(content, at)) return at;
    }
  }

  /** Looks for windows of eight bytes. This is where the time goes, so nothing is called in the loop. */
  #find8({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const probes = this.#probes;
    const shift = this.#shift;
    const step = this.#step;
    const regionBits = this.#stepBits + 1;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const toLast = this.#length - 4;
    const lastBegin = length - this.#length;
    const lastWindow = length - 8;
    for (; at <= lastWindow; at += step) {
      const hash = Math.imul(view.getInt32(at, true) ^ key0, MIX_0) +
        Math.imul(view.getInt32(at + 4, true) ^ key1, MIX_1);
      const link = slots[hash >>> shift]!;
      let begin = at - (link >> 1 & (step - 1));
      if (begin < 0) begin = 0;
      else if (begin > lastBegin) begin = lastBegin;
      const region = link >> regionBits << 1;
      const difference = view.getInt32(begin, true) ^ probes[region]! |
        view.getInt32(begin + toLast, true) ^ probes[region + 1]!;
      if (difference === 0 || (link & 1) !== 0) return at;
    }
    return -1;
  }

  /** Looks for windows of four bytes. */
  #find4({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const probes = this.#probes;
    const shift = this.#shift;
    const step = this.#step;
    const regionBits = this.#stepBits + 1;
    const key0 = this.#keys[0]!;
    const toLast = this.#length - 4;
    const lastBegin = length - this.#length;
    const lastWindow = length - 4;
    for (; at <= lastWindow; at += step) {
      const link = slots[Math.imul(view.getInt32(at, true) ^ key0, MIX_0) >>> shift]!;
      let begin = at - (link >> 1 & (step - 1));
      if (begin < 0) begin = 0;
      else if (begin > lastBegin) begin = lastBegin;
      const region = link >> regionBits << 1;
      const difference = view.getInt32(begin, true) ^ probes[region]! |
        view.getInt32(begin + toLast, true) ^ probes[region + 1]!;
      if (difference === 0 || (link & 1) !== 0) return at;
    }
    return -1;
  }

  /** Reports whether any of the regions in a slot agrees with the content: of most slots with several none does. */
  #agreesAt({ view, length }: Content, at: number): boolean {
    const last = this.#length - 4;
    for (
      let entry = this.#slots[this.#slotAt(view, at)]! >> 1;
      entry !== NONE;
      entry = this.#next[entry]! >> 1
    ) {
      const begin = at - (entry & (this.#step - 1));
      if (begin < 0 || begin + this.#length > length) continue;
      const region = entry >> this.#stepBits << 1;
      const difference = view.getInt32(begin, true) ^ this.#probes[region]! |
        view.getInt32(begin + last, true) ^ this.#probes[region + 1]!;
      if (difference === 0) return true;
    }
    return false;
  }

  /** Yields the regions of which a window stands at a position that {@linkcode find} returned. */
  *regionsAt({ bytes, view, length }: Content, at: number): Generator<FoundRegion<Owner>> {
    let entry = this.#slots[this.#slotAt(view, at)]! >> 1;
    for (; entry !== NONE; entry = this.#next[entry]! >> 1) {
      const number = entry >> this.#stepBits;
      const begin = at - (entry & (this.#step - 1));
      if (begin < 0 || begin + this.#length > length) continue;
      const from = number * this.#length;
      let index = 0;
      while (index < this.#length && bytes[begin + index] === this.#bytes[from + index]) index++;
      if (index === this.#length) yield { owner: this.#owners[number]!, at: begin };
    }
  }

  /** Returns the slot of the window at a position. */
  #slotAt(view: DataView, at: number): number {
    let hash = Math.imul(view.getInt32(at, true) ^ this.#keys[0]!, MIX_0);
    if (this.#window === 8) {
      hash += Math.imul(view.getInt32(at + 4, true) ^ this.#keys[1]!, MIX_1);
    }
    return hash >>> this.#shift;
  }

  /** Returns the slot of an entry. */
  #slotOf(entry: number): number {
    return this.#slotAt(this.#view, (entry >> this.#stepBits) * this.#length + (entry & (this.#step - 1)));
  }

  #link(entry: number): void {
    const slot = this.#slotOf(entry);
    const first = this.#slots[slot]!;
    this.#next[entry] = first;
    this.#slots[slot] = linkTo(entry, first);
  }

  #unlink(entry: number): void {
    const slot = this.#slotOf(entry);
    const rest = this.#next[entry]!;
    this.#next[entry] = NONE;
    // The entries before it are linked again, each to what follows it now.
    const before: number[] = [];
    for (
      let each = this.#slots[slot]! >> 1;
      each !== entry;
      each = this.#next[each]! >> 1
    ) before.push(each);
    let link = rest;
    for (const each of before.reverse()) {
      this.#next[each] = link;
      link = linkTo(each, link);
    }
    this.#slots[slot] = link;
  }

  /** Makes room for a number of regions, the first of which does not count. */
  #reserve(regions: number): void {
    if (regions * 2 > this.#probes.length) {
      const capacity = Math.max(16, regions, Math.ceil(this.#probes.length / 2 * 1.5));
      this.#probes = grown(this.#probes, new Int32Array(capacity * 2));
      this.#next = grown(this.#next, new Int32Array(capacity * this.#step));
      this.#bytes = grown(this.#bytes, new Uint8Array(capacity * this.#length));
      this.#view = new DataView(this.#bytes.buffer);
    }
    const entries = regions * this.#step;
    const bits = 32 - this.#shift;
    // A large table is filled up, as growing it would stop everything else for longer than a rotation may.
    const limit = bits < SMALL_BITS ? this.#slots.length / 4 : this.#slots.length;
    if (entries > limit) this.#rehash(bits + 2);
  }

  #rehash(bits: number): void {
    this.#slots = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
    this.#owners.forEach((owner, number) => {
      if (owner === undefined) return;
      for (let offset = 0; offset < this.#step; offset++) {
        this.#link(number * this.#step + offset);
      }
    });
  }
}

/** Odd multipliers without a pattern: parts of the golden ratio, and of xxHash's second prime. */
const MIX_0 = 0x9e3779b1;
const MIX_1 = 0x85ebca77;

/** Returns a link to an entry that another link follows. */
function linkTo(entry: number, following: number): number {
  return entry << 1 | (following === NONE ? 0 : 1);
}

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
