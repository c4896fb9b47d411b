import type { Content } from "./content.ts";

/** How an index samples content. A run of `window + step - 1` bytes always has a whole window in it. */
export interface Sampling {
  /** The length of a window, in bytes. */
  readonly window: 4 | 12;
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

/** The smallest table of slots, as a power of two. That for one secret fits into the CPU's L1 cache. */
const MIN_BITS = 10;

/** The number of slots per bucket, as a power of two. */
const BUCKET_BITS = 3;

/** No entry. The regions are numbered from 1, so that no entry has this number. An empty slot leads to random probes. */
const NONE = 0;

/**
 * An index of short regions of bytes that finds them in content at a cost per byte that does not depend on either.
 *
 * After Bentley and McIlroy, "Data compression using long common strings" (1999), with the roles swapped: of the regions
 * every window is hashed, and of the content only each `step`-th, which one of the region's windows must match wherever
 * the region stands. So nobody can learn from the search's speed that some bytes occur in a region before all of a window
 * are right, at once, but for letters' case. A window of four bytes alone leads to no further work, since it is soon
 * guessed: for each sample, whatever it is, the first and the last four bytes of one region are compared as well, of the
 * region that has such a window, or of any other. Only if all seven of them agree is more done.
 *
 * The hash is keyed per process, so that nobody can prepare content whose windows share a slot.
 */
export class WindowIndex<Owner> {
  readonly #window: 4 | 12;
  readonly #step: number;
  readonly #stepBits: number;
  readonly #length: number;
  readonly #keys = crypto.getRandomValues(new Int32Array(3));

  /**
   * Per slot: an entry × 2, + 1 if others share its slot, in as many bits as there are slots; above them the same bits of its
   * window's hash. An entry is a region's number × step + an offset.
   */
  #slots = new Int32Array(1 << MIN_BITS);
  #bits = MIN_BITS;
  /** Per bucket: how far its entries are moved, so that no two entries share a slot; and its first entry. */
  #moves = new Int32Array(1 << MIN_BITS - BUCKET_BITS);
  #firsts = new Int32Array(1 << MIN_BITS - BUCKET_BITS);
  /** Per entry: the next one in its bucket. */
  #next = new Int32Array(0);
  /** The buckets whose entries have no slots yet. */
  readonly #unplaced = new Set<number>();
  /** Per region: its first four bytes, and its last four. */
  #probes: Int32Array = crypto.getRandomValues(new Int32Array(2));
  /** Per region: all of its bytes, folded, and its owners. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #owners: (Owner[] | undefined)[] = [undefined];
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
   * Adds a region, or another owner to one that differs in the case of letters at most. It is found after {@linkcode place}.
   *
   * @param region Bytes, one per character, as many as {@linkcode regionLength} says.
   * @returns The region's number.
   */
  add(region: string, owner: Owner): number {
    const number = this.#free.pop() ?? this.#owners.length;
    this.#reserve(number + 1);
    const from = number * this.#length;
    for (let at = 0; at < this.#length; at++) this.#bytes[from + at] = region.charCodeAt(at) & FOLD_BYTE;
    const known = this.#sameAs(number);
    if (known !== undefined) {
      this.#owners[known]!.push(owner);
      if (number < this.#owners.length) this.#free.push(number);
      return known;
    }
    this.#owners[number] = [owner];
    this.#probes[number * 2] = this.#view.getInt32(from, true);
    this.#probes[number * 2 + 1] = this.#view.getInt32(from + this.#length - 4, true);
    for (let offset = 0; offset < this.#step; offset++) this.#link(number * this.#step + offset);
    return number;
  }

  /** Returns the number of a region in the index with the same bytes as another one, if there is one. */
  #sameAs(number: number): number | undefined {
    const from = number * this.#length;
    const hash = this.#hashAt(this.#view, from);
    for (const entry of this.#entriesOf(this.#bucketOf(hash))) {
      if ((entry & (this.#step - 1)) !== 0) continue;
      const other = (entry >> this.#stepBits) * this.#length;
      let index = 0;
      while (index < this.#length && this.#bytes[from + index] === this.#bytes[other + index]) index++;
      if (index === this.#length) return entry >> this.#stepBits;
    }
    return undefined;
  }

  /** Deletes an owner of a region, and the region with the last one. */
  delete(number: number, owner: Owner): void {
    const owners = this.#owners[number]!.filter((each) => each !== owner);
    if (owners.length > 0) {
      this.#owners[number] = owners;
      return;
    }
    for (let offset = 0; offset < this.#step; offset++) this.#unlink(number * this.#step + offset);
    const from = number * this.#length;
    this.#bytes.fill(0, from, from + this.#length);
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
      if (this.#window === 12) return this.#find12(content, at);
      at = this.#find4(content, at);
      if (at < 0 || this.#agreesAt(content, at)) return at;
    }
  }

  /** Looks for windows of twelve bytes. This is where the time goes, so nothing is called in the loop. */
  #find12({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const moves = this.#moves;
    const mask = slots.length - 1;
    const shift = 32 - this.#bits + BUCKET_BITS;
    const step = this.#step;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const key2 = this.#keys[2]!;
    const lastWindow = length - 12;
    for (; at <= lastWindow; at += step) {
      const hash = Math.imul(view.getInt32(at, true) & FOLD ^ key0, MIX_0) +
          Math.imul(view.getInt32(at + 4, true) & FOLD ^ key1, MIX_1) +
          Math.imul(view.getInt32(at + 8, true) & FOLD ^ key2, MIX_2) | 0;
      const link = slots[(hash ^ hash >>> 15) + moves[hash >>> shift]! & mask]!;
      if (((link ^ hash) & ~mask) === 0) return at;
    }
    return -1;
  }

  /** Looks for windows of four bytes. */
  #find4({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const probes = this.#probes;
    const moves = this.#moves;
    const mask = slots.length - 1;
    const shift = 32 - this.#bits + BUCKET_BITS;
    const step = this.#step;
    const regionBits = this.#stepBits + 1;
    const key0 = this.#keys[0]!;
    const toLast = this.#length - 4;
    const lastBegin = length - this.#length;
    const lastWindow = length - 4;
    for (; at <= lastWindow; at += step) {
      const hash = Math.imul(view.getInt32(at, true) & FOLD ^ key0, MIX_0);
      const link = slots[(hash ^ hash >>> 15) + moves[hash >>> shift]! & mask]!;
      let begin = at - (link >> 1 & (step - 1));
      if (begin < 0) begin = 0;
      else if (begin > lastBegin) begin = lastBegin;
      const region = (link & mask) >> regionBits << 1;
      const difference = view.getInt32(begin, true) & FOLD ^ probes[region]! |
        view.getInt32(begin + toLast, true) & FOLD ^ probes[region + 1]!;
      if (((link ^ hash) & ~mask | difference & (link & 1) - 1) === 0) return at;
    }
    return -1;
  }

  /** Reports whether any of the regions in a bucket agrees with the content. */
  #agreesAt({ view, length }: Content, at: number): boolean {
    const last = this.#length - 4;
    let entry = this.#firsts[this.#bucketOf(this.#hashAt(view, at))]!;
    for (; entry !== NONE; entry = this.#next[entry]!) {
      const begin = at - (entry & (this.#step - 1));
      if (begin < 0 || begin + this.#length > length) continue;
      const region = entry >> this.#stepBits << 1;
      const difference = view.getInt32(begin, true) & FOLD ^ this.#probes[region]! |
        view.getInt32(begin + last, true) & FOLD ^ this.#probes[region + 1]!;
      if (difference === 0) return true;
    }
    return false;
  }

  /** Yields the regions of which a window stands at a position that {@linkcode find} returned. */
  *regionsAt({ bytes, view, length }: Content, at: number): Generator<FoundRegion<Owner>> {
    let entry = this.#firsts[this.#bucketOf(this.#hashAt(view, at))]!;
    for (; entry !== NONE; entry = this.#next[entry]!) {
      const number = entry >> this.#stepBits;
      const begin = at - (entry & (this.#step - 1));
      if (begin < 0 || begin + this.#length > length) continue;
      const from = number * this.#length;
      let index = 0;
      while (index < this.#length && (bytes[begin + index]! & FOLD_BYTE) === this.#bytes[from + index]) {
        index++;
      }
      if (index < this.#length) continue;
      for (const owner of this.#owners[number]!) yield { owner, at: begin };
    }
  }

  /** Returns the hash of the window at a position. */
  #hashAt(view: DataView, at: number): number {
    const hash = Math.imul(view.getInt32(at, true) & FOLD ^ this.#keys[0]!, MIX_0);
    if (this.#window === 4) return hash;
    return hash + Math.imul(view.getInt32(at + 4, true) & FOLD ^ this.#keys[1]!, MIX_1) +
        Math.imul(view.getInt32(at + 8, true) & FOLD ^ this.#keys[2]!, MIX_2) | 0;
  }

  #hashOf(entry: number): number {
    return this.#hashAt(this.#view, (entry >> this.#stepBits) * this.#length + (entry & (this.#step - 1)));
  }

  #bucketOf(hash: number): number {
    return hash >>> 32 - this.#bits + BUCKET_BITS;
  }

  #slotOf(hash: number, move: number): number {
    return (hash ^ hash >>> 15) + move & this.#slots.length - 1;
  }

  #link(entry: number): void {
    const bucket = this.#bucketOf(this.#hashOf(entry));
    this.#clear(bucket);
    this.#next[entry] = this.#firsts[bucket]!;
    this.#firsts[bucket] = entry;
  }

  #unlink(entry: number): void {
    const bucket = this.#bucketOf(this.#hashOf(entry));
    this.#clear(bucket);
    const others = this.#entriesOf(bucket).filter((each) => each !== entry);
    this.#next[entry] = NONE;
    this.#firsts[bucket] = NONE;
    for (const each of others) {
      this.#next[each] = this.#firsts[bucket]!;
      this.#firsts[bucket] = each;
    }
  }

  #entriesOf(bucket: number): number[] {
    const entries: number[] = [];
    for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) entries.push(entry);
    return entries;
  }

  /** Empties the slots of a bucket's entries, until they are placed again. */
  #clear(bucket: number): void {
    if (this.#unplaced.has(bucket)) return;
    this.#unplaced.add(bucket);
    const move = this.#moves[bucket]!;
    for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) {
      this.#slots[this.#slotOf(this.#hashOf(entry), move)] = NONE;
    }
  }

  /** Gives slots to what was added. To be called after changes, before the index is used. */
  place(): void {
    for (const bucket of this.#unplaced) this.#place(bucket);
    this.#unplaced.clear();
  }

  /**
   * Fills the slots of a bucket's entries, moved so far that no entry of another bucket is in the way: after Fox and others,
   * "Practical minimal perfect hash functions for large databases" (1992). So content that has a window of a secret leads to
   * no more work than other content. Entries with the same hash share a slot.
   */
  #place(bucket: number): void {
    const slots = this.#slots;
    const entries = this.#entriesOf(bucket);
    const hashes = entries.map((entry) => this.#hashOf(entry));
    let move = this.#moves[bucket]!;
    while (hashes.some((hash) => slots[this.#slotOf(hash, move)] !== NONE)) {
      move = move + MOVE & slots.length - 1;
    }
    this.#moves[bucket] = move;
    entries.forEach((entry, index) => {
      const hash = hashes[index]!;
      const slot = this.#slotOf(hash, move);
      const shared = slots[slot] === NONE ? 0 : 1;
      // The bits of the hash that choose no slot tell most windows from others that lead to this slot.
      slots[slot] = hash & -slots.length | entry << 1 | shared;
    });
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
    // A table is enlarged rarely, since that may take longer than a rotation may.
    if (entries > this.#slots.length / 2) this.#rehash(this.#bits + 2);
  }

  #rehash(bits: number): void {
    this.#bits = bits;
    this.#slots = new Int32Array(1 << bits);
    this.#moves = new Int32Array(1 << bits - BUCKET_BITS);
    this.#firsts = new Int32Array(1 << bits - BUCKET_BITS);
    this.#unplaced.clear();
    this.#owners.forEach((owner, number) => {
      if (owner === undefined) return;
      for (let offset = 0; offset < this.#step; offset++) this.#link(number * this.#step + offset);
    });
  }
}

/** How far a bucket is moved at a time: an odd number, so that it comes to every slot. */
const MOVE = 0x9e35;

/**
 * Clears the bit in which the cases of a letter differ, in each byte of a word. So hexadecimal in either case has one region
 * instead of two with mostly the same windows, which would have to share slots.
 */
const FOLD = ~0x20202020;
const FOLD_BYTE = FOLD & 0xff;

/** Odd multipliers without a pattern: the golden ratio's and two more of xxHash's primes. */
const MIX_0 = 0x9e3779b1;
const MIX_1 = 0x85ebca77;
const MIX_2 = 0xc2b2ae3d;

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
