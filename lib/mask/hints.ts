/**
 * Hints that content may be encoded byte by byte, from samples of eight bytes. They depend on the content alone.
 *
 * @module
 */

import type { Content } from "./content.ts";

/** How many bytes are looked at for a hint: any run of escapes has one in as many. */
export const HINT_BYTES = 8;

/**
 * Pairs of bytes where escapes follow each other: the beginning of one, what follows that in one that has a byte more than a
 * hint, or the border of two. Others rarely have them.
 */
const BORDERS: readonly (readonly [first: RegExp, second: RegExp])[] = [
  [/%/, /[0-9A-Fa-f]/],
  [/\\/, /[ux]/],
  [/&/, /#/],
  [/#/, /[xX0-9]/],
  [/[0-9A-Fa-f;]/, /[%\\&]/],
];

/** Per byte: the pairs of which it may be the first, and the second, a bit for each. Both fit into the CPU's L1 cache. */
const FIRSTS = bitsOf((index) => BORDERS[index]![0]);
const SECONDS = bitsOf((index) => BORDERS[index]![1]);

function bitsOf(patternOf: (index: number) => RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    return BORDERS.reduce((bits, _, index) => bits | (patternOf(index).test(char) ? 1 << index : 0), 0);
  });
}

/** Returns the pairs in two times two bytes. */
function borders(word: number): number {
  return FIRSTS[word & 0xff]! & SECONDS[word >>> 8 & 0xff]! |
    FIRSTS[word >>> 16 & 0xff]! & SECONDS[word >>> 24]!;
}

/** Returns the offset, 0 or 1, of the bytes that are not 0 in UTF-16 at a position; -1 if it is something else. */
export function wideOffsetAt({ view }: Content, at: number): number {
  return wideOffset(view.getInt32(at, true), view.getInt32(at + 4, true));
}

function wideOffset(first: number, second: number): number {
  const both = first | second;
  // Content of zeros only is something else.
  if ((both & HIGH_BYTES) === 0) return (first & 0xff) === 0 ? -1 : 0;
  return (both & LOW_BYTES) === 0 && (first & 0xff00) !== 0 ? 1 : -1;
}

/** In words in little-endian order, as they are read here. */
const LOW_BYTES = 0x00ff00ff;
const HIGH_BYTES = ~LOW_BYTES;

/** Which samples of content are looked at. */
export interface Samples {
  /** The first position. */
  readonly at: number;
  /** The distance between two, in bytes. */
  readonly step: number;
}

/** Returns the first sampled position at which escapes may follow each other, or -1. */
export function nextEscapeHint({ view, length }: Content, { at, step }: Samples): number {
  const end = length - HINT_BYTES;
  for (; at <= end; at += step) {
    if ((borders(view.getInt32(at, true)) | borders(view.getInt32(at + 4, true))) !== 0) return at;
  }
  return -1;
}

/** Returns the first sampled position that may be in UTF-16, or -1. */
export function nextWideHint({ view, length }: Content, { at, step }: Samples): number {
  const end = length - HINT_BYTES;
  for (; at <= end; at += step) {
    if (wideOffset(view.getInt32(at, true), view.getInt32(at + 4, true)) >= 0) return at;
  }
  return -1;
}
