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
  // After the windows come the last four bytes, which are compared apart; short regions have no room for that.
  return window + step - 1 + (window === 8 ? 4 : 0);
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

/** No entry. The regions are numbered from 1, so that no entry has this number. */
const NONE = 0;

/**
 * An index of short regions of bytes that finds them in content at a cost per byte that does not depend on either.
 *
 * After Bentley and McIlroy, "Data compression using long common strings" (1999), with the roles swapped: of the regions
 * every window is hashed, and of the content only each `step`-th, which one of the region's windows must match wherever
 * the region stands. A match alone leads to no further work. For each sample, whatever it is, the last four bytes of a
 * region are hashed and compared as well: those at the distance that belongs to such a window, or to any other. Only if they
 * agree is more done. So nobody can learn from the search's speed that some bytes occur in a region before twelve of them
 * are right, at once: a window and the last four (all of a region of seven), but for the case of letters.
 *
 * The hash is keyed per process, so that nobody can prepare content whose windows share a slot.
 */
export class WindowIndex<Owner> {
  readonly #window: 4 | 8;
  readonly #step: number;
  readonly #stepBits: number;
  readonly #length: number;
  /** Odd multipliers of the words that are hashed. */
  readonly #keys = crypto.getRandomValues(new Int32Array(3)).map((key) => key | 1);
  /** Part of every key, so that content of zeros, whose hash is 0, does not agree with an empty slot. */
  readonly #tag = crypto.getRandomValues(new Int32Array(1)).map((tag) => tag | 1 << 31)[0]!;

  /** Per slot: a key, see {@linkcode keyOf}, or 0. */
  #slots = new Int32Array(1 << MIN_BITS);
  #bits = MIN_BITS;
  /** Per bucket: what its entries' hashes are varied by, so that no two share a slot; and its first entry. */
  #moves = new Int32Array(1 << MIN_BITS - BUCKET_BITS);
  #firsts = new Int32Array(1 << MIN_BITS - BUCKET_BITS);
  /** Per entry, which is a region's number × step + an offset: the next one in its bucket. */
  #next = new Int32Array(0);
  /** The buckets whose entries have no slots yet. */
  readonly #unplaced = new Set<number>();
  /** The hashes of the bucket that is being placed. */
  readonly #hashes: number[] = [];
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
    for (let offset = 0; offset < this.#step; offset++) this.#link(number * this.#step + offset);
    return number;
  }

  /** Returns the number of a region in the index with the same bytes as another one, if there is one. */
  #sameAs(number: number): number | undefined {
    const from = number * this.#length;
    const hash = this.#hashAt(this.#view, from);
    let entry = this.#firsts[this.#bucketOf(hash)]!;
    for (; entry !== NONE; entry = this.#next[entry]!) {
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
    const moves = this.#moves;
    const slotShift = 32 - this.#bits;
    const bucketShift = slotShift + BUCKET_BITS;
    const step = this.#step;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const key2 = this.#keys[2]!;
    const tag = this.#tag >>> KEY_SHIFT;
    const toLast = this.#length - 4;
    const end = length - this.#length;
    for (; at <= end; at += step) {
      const hash = Math.imul(view.getInt32(at, true) & FOLD, key0) +
        Math.imul(view.getInt32(at + 4, true) & FOLD, key1);
      const key = slots[Math.imul(hash ^ moves[hash >>> bucketShift]!, MIX) >>> slotShift]!;
      const last = view.getInt32(at + toLast - (key & OFFSET), true) & FOLD;
      // If entries share the slot, the word does not count.
      const word = Math.imul(last, key2) & (key & SHARED) - 1;
      if ((word ^ hash ^ key) >>> KEY_SHIFT === tag) return at;
    }
    // The region that the content ends with may have its only sampled window here.
    return at < end + step && this.#agreesAt({ view, length }, at) ? at : -1;
  }

  /** Looks for windows of four bytes. */
  #find4({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const moves = this.#moves;
    const slotShift = 32 - this.#bits;
    const bucketShift = slotShift + BUCKET_BITS;
    const step = this.#step;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const key2 = this.#keys[2]!;
    const tag = this.#tag >>> KEY_SHIFT;
    const toLast = this.#length - 4;
    const lastBegin = length - this.#length;
    const lastWindow = length - 4;
    for (; at <= lastWindow; at += step) {
      const hash = Math.imul(view.getInt32(at, true) & FOLD, key0);
      const key = slots[Math.imul(hash ^ moves[hash >>> bucketShift]!, MIX) >>> slotShift]!;
      let begin = at - (key & OFFSET);
      if (begin < 0) begin = 0;
      else if (begin > lastBegin) begin = lastBegin;
      const first = view.getInt32(begin, true) & FOLD;
      const last = view.getInt32(begin + toLast, true) & FOLD;
      // If entries share the slot, the words do not count.
      const words = Math.imul(first, key1) + Math.imul(last, key2) & (key & SHARED) - 1;
      if ((words ^ hash ^ key) >>> KEY_SHIFT === tag) return at;
    }
    return -1;
  }

  /**
   * Returns what is compared at a window with a hash, for an entry: that hash, combined with that of the region's last four
   * bytes, and of its first four if the window is short; and the entry's offset, which says where these stand.
   */
  #keyOf(entry: number, hash: number): number {
    const from = (entry >> this.#stepBits) * this.#length;
    const last = Math.imul(this.#wordAt(from + this.#length - 4), this.#keys[2]!);
    const words = this.#window === 8 ? last : last + Math.imul(this.#wordAt(from), this.#keys[1]!);
    const key = (words ^ hash ^ this.#tag) & COMPARED | entry & this.#step - 1;
    return key === NONE ? this.#sharedKeyOf(hash) : key;
  }

  /**
   * Returns what is compared where entries with the same hash share a slot: nothing but that hash, since their windows may
   * differ all the same.
   */
  #sharedKeyOf(hash: number): number {
    return (hash ^ this.#tag) & COMPARED | SHARED;
  }

  /** Returns four bytes of a region. */
  #wordAt(at: number): number {
    return this.#view.getInt32(at, true) & FOLD;
  }

  /** Reports whether any of the regions in a bucket agrees with the content. */
  #agreesAt({ view, length }: Pick<Content, "view" | "length">, at: number): boolean {
    const last = this.#length - 4;
    let entry = this.#firsts[this.#bucketOf(this.#hashAt(view, at))]!;
    for (; entry !== NONE; entry = this.#next[entry]!) {
      const begin = at - (entry & (this.#step - 1));
      if (begin < 0 || begin + this.#length > length) continue;
      const from = (entry >> this.#stepBits) * this.#length;
      const difference = view.getInt32(begin, true) ^ this.#view.getInt32(from, true) |
        view.getInt32(begin + last, true) ^ this.#view.getInt32(from + last, true);
      if ((difference & FOLD) === 0) return true;
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
    const hash = Math.imul(view.getInt32(at, true) & FOLD, this.#keys[0]!);
    return this.#window === 4
      ? hash
      : hash + Math.imul(view.getInt32(at + 4, true) & FOLD, this.#keys[1]!) | 0;
  }

  #hashOf(entry: number): number {
    return this.#hashAt(this.#view, (entry >> this.#stepBits) * this.#length + (entry & (this.#step - 1)));
  }

  #bucketOf(hash: number): number {
    return hash >>> 32 - this.#bits + BUCKET_BITS;
  }

  #slotOf(hash: number, move: number): number {
    return Math.imul(hash ^ move, MIX) >>> 32 - this.#bits;
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
   * Fills the slots of a bucket's entries, with hashes varied so that no other entry is in the way: after Fox and others,
   * "Practical minimal perfect hash functions for large databases" (1992). So content that has a window of a secret leads to
   * no more work than other content. Entries with the same hash share a slot.
   */
  #place(bucket: number): void {
    // A table has hundreds of thousands of entries: nothing is allocated for them.
    const hashes = this.#hashes;
    hashes.length = 0;
    for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) {
      const hash = this.#hashOf(entry);
      if (!hashes.includes(hash)) hashes.push(hash);
    }
    let move = this.#moves[bucket]!;
    while (!this.#haveSlots(hashes, move)) move = move + MOVE | 0;
    this.#moves[bucket] = move;
    const slots = this.#slots;
    for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) {
      const hash = this.#hashOf(entry);
      const slot = this.#slotOf(hash, move);
      const key = this.#keyOf(entry, hash);
      const other = slots[slot]!;
      slots[slot] = other === NONE || other === key ? key : this.#sharedKeyOf(hash);
    }
  }

  /** Reports whether the hashes of a bucket, varied like this, lead to an empty slot each. */
  #haveSlots(hashes: readonly number[], move: number): boolean {
    for (let index = 0; index < hashes.length; index++) {
      const slot = this.#slotOf(hashes[index]!, move);
      if (this.#slots[slot] !== NONE) return false;
      for (let before = 0; before < index; before++) {
        if (this.#slotOf(hashes[before]!, move) === slot) return false;
      }
    }
    return true;
  }

  /** Makes room for a number of regions, the first of which does not count. */
  #reserve(regions: number): void {
    const room = this.#bytes.length / this.#length;
    if (regions > room) {
      const capacity = Math.max(16, regions, Math.ceil(room * 1.5));
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

/** The part of a slot's key that is an offset. */
const OFFSET = 0xf;

/** The bit of a slot's key that says that entries share the slot. */
const SHARED = 0x10;

/** The part of a slot's key that is compared, above the others. */
const KEY_SHIFT = 5;
const COMPARED = -1 << KEY_SHIFT;

/** The distance between the variations that are tried for a bucket. */
const MOVE = 0x165667b1;

/**
 * Clears the bit in which the cases of a letter differ, in each byte of a word. So hexadecimal in either case has one region
 * instead of two with mostly the same windows, which would have to share slots.
 */
const FOLD = ~0x20202020;
const FOLD_BYTE = FOLD & 0xff;

/** An odd multiplier without a pattern: one of xxHash's primes. */
const MIX = 0x27d4eb2f;

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
