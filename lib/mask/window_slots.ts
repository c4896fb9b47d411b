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

/** The distance between the samples of one search for windows of eight bytes, and of four. */
const STRIDE8 = 16;
const STRIDE4 = 4;

/** The smallest table of slots, as a power of two. That for one secret fits into the CPU's L1 cache. */
export const MIN_BITS = 10;

/** The number of slots per bucket, as a power of two. */
const BUCKET_BITS = 3;

/** An empty slot. */
const EMPTY = 0;

/** The part of a slot's key that is an offset. */
const OFFSET = 0xf;

/** The bit of a slot's key that says that windows share the slot. */
const SHARED = 0x10;

/** The part of a slot's key that is compared, above the others. */
const KEY_SHIFT = 5;
const COMPARED = -1 << KEY_SHIFT;

/** The distance between the variations that are tried for a bucket. */
const MOVE = 0x165667b1;

/** An odd multiplier without a pattern: one of xxHash's primes. */
const MIX = 0x27d4eb2f;

/**
 * Clears the bit in which the cases of a letter differ, in each byte of a word. So hexadecimal in either case has one region
 * instead of two with mostly the same windows, which would have to share slots.
 */
export const FOLD = ~0x20202020;

/** Windows of regions, as they are placed: two lists, so that nothing is allocated for each of hundreds of thousands. */
export interface PlacedWindows {
  readonly hashes: readonly number[];
  /** See {@linkcode WindowSlots.keyOf}. */
  readonly keys: readonly number[];
}

/**
 * The slots of a window index: which windows regions have, and what stands at the ends of these regions, in a form that each
 * sample of content is compared with in the same number of steps.
 *
 * The hash is keyed per table, so that nobody can prepare content whose windows share a slot.
 */
export class WindowSlots {
  readonly #window: 4 | 8;
  readonly #step: number;
  readonly #length: number;
  readonly #bits: number;
  /** Odd multipliers of the words that are hashed. */
  readonly #keys = crypto.getRandomValues(new Int32Array(3)).map((key) => key | 1);
  /** Part of every key, so that content of zeros, whose hash is 0, does not agree with an empty slot. */
  readonly #tag = crypto.getRandomValues(new Int32Array(1)).map((tag) => tag | 1 << 31)[0]!;
  /** Per slot: a key, see {@linkcode keyOf}, or 0. */
  readonly #slots: Int32Array;
  /** Per bucket: what its windows' hashes are varied by, so that no two share a slot. */
  readonly #moves: Int32Array;

  /** @param bits The number of slots, as a power of two. */
  constructor(sampling: Sampling, bits: number) {
    this.#window = sampling.window;
    this.#step = sampling.step;
    this.#length = regionLength(sampling);
    this.#bits = bits;
    this.#slots = new Int32Array(1 << bits);
    this.#moves = new Int32Array(1 << bits - BUCKET_BITS);
  }

  /** The number of slots, as a power of two. */
  get bits(): number {
    return this.#bits;
  }

  /** The number of buckets. */
  get buckets(): number {
    return this.#moves.length;
  }

  /** Returns the hash of the window at a position. */
  hashAt(view: DataView, at: number): number {
    const first = Math.imul(wordAt(view, at), this.#keys[0]!);
    return this.#window === 4 ? first : first + Math.imul(wordAt(view, at + 4), this.#keys[1]!) | 0;
  }

  /** Returns the bucket of the windows with a hash. */
  bucketOf(hash: number): number {
    return hash >>> 32 - this.#bits + BUCKET_BITS;
  }

  #slotOf(hash: number, move: number): number {
    return Math.imul(hash ^ move, MIX) >>> 32 - this.#bits;
  }

  /**
   * Returns what is compared at a window, for one that stands in a region at an offset: its hash, combined with that of the
   * region's last four bytes, and of its first four if the window is short; and the offset, which says where these stand.
   *
   * @param from Where the region begins.
   */
  keyOf(view: DataView, from: number, offset: number): number {
    const last = Math.imul(wordAt(view, from + this.#length - 4), this.#keys[2]!);
    const words = this.#window === 8 ? last : last + Math.imul(wordAt(view, from), this.#keys[1]!);
    const hash = this.hashAt(view, from + offset);
    const key = (words ^ hash ^ this.#tag) & COMPARED | offset;
    return key === EMPTY ? this.#sharedKeyOf(hash) : key;
  }

  /**
   * Returns what is compared where regions with the same hash share a slot: nothing but that hash, since their windows may
   * differ all the same.
   */
  #sharedKeyOf(hash: number): number {
    return (hash ^ this.#tag) & COMPARED | SHARED;
  }

  /** Empties the slot of the windows with a hash. */
  clear(hash: number): void {
    this.#slots[this.#slotOf(hash, this.#moves[this.bucketOf(hash)]!)] = EMPTY;
  }

  /**
   * Fills the slots of all windows of a bucket, with hashes varied so that no other window is in the way: after Fox and
   * others, "Practical minimal perfect hash functions for large databases" (1992). So content that has a window of a secret
   * leads to no more work than other content. Windows with the same hash share a slot.
   */
  place(bucket: number, { hashes, keys }: PlacedWindows): void {
    const slots = this.#slots;
    let move = this.#moves[bucket]!;
    while (!this.#haveSlots(hashes, move)) move = move + MOVE | 0;
    this.#moves[bucket] = move;
    for (let index = 0; index < hashes.length; index++) {
      const slot = this.#slotOf(hashes[index]!, move);
      const key = keys[index]!;
      const other = slots[slot]!;
      slots[slot] = other === EMPTY || other === key ? key : this.#sharedKeyOf(hashes[index]!);
    }
  }

  /** Reports whether the hashes of a bucket, varied like this, lead to an empty slot each. */
  #haveSlots(hashes: readonly number[], move: number): boolean {
    for (let index = 0; index < hashes.length; index++) {
      const slot = this.#slotOf(hashes[index]!, move);
      if (this.#slots[slot] !== EMPTY) return false;
      for (let before = 0; before < index; before++) {
        if (hashes[before] !== hashes[index] && this.#slotOf(hashes[before]!, move) === slot) return false;
      }
    }
    return true;
  }

  /** The distance between the samples of one {@linkcode find}, in bytes: the step, or a multiple of it. */
  get stride(): number {
    return this.#window === 8 ? STRIDE8 : STRIDE4;
  }

  /**
   * Returns the first position from `at`, at a distance of whole strides, where a window stands that may be one of a region's,
   * or -1. At the end of the content, where not all that is compared may be read, any may be.
   */
  find(content: Content, at: number): number {
    return this.#window === 8 ? this.#find8(content, at) : this.#find4(content, at);
  }

  /**
   * Looks for windows of eight bytes. This is where the time goes. Each turn of the loop hashes a window, looks up the slot
   * of the one before it, and compares the one before that, so that none has to wait for another. The stride is a constant,
   * which takes a seventh less time than a variable.
   */
  #find8({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const moves = this.#moves;
    const slotShift = 32 - this.#bits;
    const bucketShift = slotShift + BUCKET_BITS;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const key2 = this.#keys[2]!;
    const tag = this.#tag >>> KEY_SHIFT;
    const toLast = this.#length - 4;
    const end = length - this.#length;
    if (at + 2 * STRIDE8 <= end) {
      let hash = Math.imul(wordAt(view, at), key0) + Math.imul(wordAt(view, at + 4), key1) | 0;
      let key = slots[Math.imul(hash ^ moves[hash >>> bucketShift]!, MIX) >>> slotShift]!;
      let nextHash =
        Math.imul(wordAt(view, at + STRIDE8), key0) + Math.imul(wordAt(view, at + STRIDE8 + 4), key1) | 0;
      for (at += 2 * STRIDE8; at <= end; at += STRIDE8) {
        const hashAhead = Math.imul(wordAt(view, at), key0) + Math.imul(wordAt(view, at + 4), key1) | 0;
        const nextKey = slots[Math.imul(nextHash ^ moves[nextHash >>> bucketShift]!, MIX) >>> slotShift]!;
        const last = Math.imul(wordAt(view, at - 2 * STRIDE8 + toLast - (key & OFFSET)), key2);
        // If regions share the slot, the last bytes do not count.
        const word = last & (key & SHARED) - SHARED;
        if ((word ^ hash ^ key) >>> KEY_SHIFT === tag) return at - 2 * STRIDE8;
        hash = nextHash;
        key = nextKey;
        nextHash = hashAhead;
      }
      at -= 2 * STRIDE8;
    }
    for (; at <= end; at += STRIDE8) {
      const hash = Math.imul(wordAt(view, at), key0) + Math.imul(wordAt(view, at + 4), key1) | 0;
      const key = slots[Math.imul(hash ^ moves[hash >>> bucketShift]!, MIX) >>> slotShift]!;
      const last = Math.imul(wordAt(view, at + toLast - (key & OFFSET)), key2);
      const word = last & (key & SHARED) - SHARED;
      if ((word ^ hash ^ key) >>> KEY_SHIFT === tag) return at;
    }
    // The region that the content ends with may have its only sampled window here.
    return at < end + this.#step ? at : -1;
  }

  /** Looks for windows of four bytes. */
  #find4({ view, length }: Content, at: number): number {
    const slots = this.#slots;
    const moves = this.#moves;
    const slotShift = 32 - this.#bits;
    const bucketShift = slotShift + BUCKET_BITS;
    const key0 = this.#keys[0]!;
    const key1 = this.#keys[1]!;
    const key2 = this.#keys[2]!;
    const tag = this.#tag >>> KEY_SHIFT;
    const toLast = this.#length - 4;
    const lastBegin = length - this.#length;
    const lastWindow = length - 4;
    for (; at <= lastWindow; at += STRIDE4) {
      const hash = Math.imul(wordAt(view, at), key0);
      const key = slots[Math.imul(hash ^ moves[hash >>> bucketShift]!, MIX) >>> slotShift]!;
      let begin = at - (key & OFFSET);
      if (begin < 0) begin = 0;
      else if (begin > lastBegin) begin = lastBegin;
      const first = wordAt(view, begin);
      const last = wordAt(view, begin + toLast);
      // If regions share the slot, the words do not count.
      const words = Math.imul(first, key1) + Math.imul(last, key2) & (key & SHARED) - SHARED;
      if ((words ^ hash ^ key) >>> KEY_SHIFT === tag) return at;
    }
    return -1;
  }
}

/** Returns the four bytes at a position, folded. */
function wordAt(view: DataView, at: number): number {
  return view.getInt32(at, true) & FOLD;
}
