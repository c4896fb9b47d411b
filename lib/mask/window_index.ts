import type { Content } from "./content.ts";
import { FOLD, MIN_BITS, regionLength, type Sampling, WindowSlots } from "./window_slots.ts";

/** A region that stands in content: its owner, and where it begins. */
export interface FoundRegion<Owner> {
  readonly owner: Owner;
  readonly at: number;
}

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
 */
export class WindowIndex<Owner> {
  readonly #sampling: Sampling;
  readonly #step: number;
  readonly #stepBits: number;
  readonly #length: number;
  #slots: WindowSlots;
  /** Per bucket of slots: its first entry. */
  #firsts: Int32Array;
  /** Per entry, which is a region's number × step + an offset: the next one in its bucket. */
  #next = new Int32Array(0);
  /** The buckets whose entries have no slots yet. */
  readonly #unplaced = new Set<number>();
  /** Per region: all of its bytes, folded, and its owners. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #owners: (Owner[] | undefined)[] = [undefined];
  #free: number[] = [];

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#step = sampling.step;
    this.#stepBits = Math.log2(sampling.step);
    this.#length = regionLength(sampling);
    this.#slots = new WindowSlots(sampling, MIN_BITS);
    this.#firsts = new Int32Array(this.#slots.buckets);
  }

  /** The distance between samples, in bytes. */
  get step(): number {
    return this.#step;
  }

  /** The distance between the samples of one {@linkcode find}, in bytes: the step, or a multiple of it. */
  get stride(): number {
    return this.#slots.stride;
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
    let entry = this.#firstAt(this.#view, from);
    for (; entry !== NONE; entry = this.#next[entry]!) {
      if (this.#offsetOf(entry) !== 0) continue;
      const other = this.#beginOf(entry);
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
   * Returns the first position from `at`, at a distance of whole strides, where a window of a region stands that agrees with
   * the content in all that is compared, or -1. All samples are found by as many searches as a stride has steps, each from
   * another step.
   */
  find(content: Content, at: number): number {
    if (content.length < this.#length) return -1;
    for (;; at += this.stride) {
      at = this.#slots.find(content, at);
      if (at < 0 || this.#agreesAt(content, at)) return at;
    }
  }

  /** Reports whether any of the regions in a bucket agrees with the content. */
  #agreesAt({ view, length }: Pick<Content, "view" | "length">, at: number): boolean {
    const last = this.#length - 4;
    let entry = this.#firstAt(view, at);
    for (; entry !== NONE; entry = this.#next[entry]!) {
      const begin = at - this.#offsetOf(entry);
      if (begin < 0 || begin + this.#length > length) continue;
      const from = this.#beginOf(entry);
      const difference = view.getInt32(begin, true) ^ this.#view.getInt32(from, true) |
        view.getInt32(begin + last, true) ^ this.#view.getInt32(from + last, true);
      if ((difference & FOLD) === 0) return true;
    }
    return false;
  }

  /** Yields the regions of which a window stands at a position that {@linkcode find} returned. */
  *regionsAt({ bytes, view, length }: Content, at: number): Generator<FoundRegion<Owner>> {
    let entry = this.#firstAt(view, at);
    for (; entry !== NONE; entry = this.#next[entry]!) {
      const number = entry >> this.#stepBits;
      const begin = at - this.#offsetOf(entry);
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

  #hashOf(entry: number): number {
    return this.#slots.hashAt(this.#view, this.#beginOf(entry) + this.#offsetOf(entry));
  }

  /** Returns where the bytes of an entry's region begin. */
  #beginOf(entry: number): number {
    return (entry >> this.#stepBits) * this.#length;
  }

  /** Returns where an entry's window begins in its region. */
  #offsetOf(entry: number): number {
    return entry & this.#step - 1;
  }

  /** Returns the bucket of an entry. */
  #bucketOf(entry: number): number {
    return this.#slots.bucketOf(this.#hashOf(entry));
  }

  /** Returns the first entry of the bucket of the window at a position. */
  #firstAt(view: DataView, at: number): number {
    return this.#firsts[this.#slots.bucketOf(this.#slots.hashAt(view, at))]!;
  }

  #link(entry: number): void {
    const bucket = this.#bucketOf(entry);
    this.#clear(bucket);
    this.#next[entry] = this.#firsts[bucket]!;
    this.#firsts[bucket] = entry;
  }

  #unlink(entry: number): void {
    const bucket = this.#bucketOf(entry);
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
    for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) {
      this.#slots.clear(this.#hashOf(entry));
    }
  }

  /** Gives slots to what was added. To be called after changes, before the index is used. */
  place(): void {
    const hashes: number[] = [];
    const keys: number[] = [];
    for (const bucket of this.#unplaced) {
      hashes.length = 0;
      keys.length = 0;
      for (let entry = this.#firsts[bucket]!; entry !== NONE; entry = this.#next[entry]!) {
        hashes.push(this.#hashOf(entry));
        keys.push(this.#slots.keyOf(this.#view, this.#beginOf(entry), this.#offsetOf(entry)));
      }
      this.#slots.place(bucket, { hashes, keys });
    }
    this.#unplaced.clear();
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
    if (entries > 2 ** (this.#slots.bits - 1)) this.#rehash(this.#slots.bits + 2);
  }

  #rehash(bits: number): void {
    this.#slots = new WindowSlots(this.#sampling, bits);
    this.#firsts = new Int32Array(this.#slots.buckets);
    this.#unplaced.clear();
    this.#owners.forEach((owner, number) => {
      if (owner === undefined) return;
      for (let offset = 0; offset < this.#step; offset++) this.#link(number * this.#step + offset);
    });
  }
}

const FOLD_BYTE = FOLD & 0xff;

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
