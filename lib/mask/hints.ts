/**
 * Hints that content may be encoded byte by byte, from samples of eight bytes. They depend on the content alone.
 *
 * @module
 */

import type { Content } from "./content.ts";

/** How many bytes are looked at for a hint: any run of escapes has one in as many. */
export const HINT_BYTES = 8;

/** Escapes follow each other: a pair of bytes is the beginning of one, or the border of two. */
export const ESCAPE = 1;
/** Every second byte is 0, and the others are not. */
export const LOW_FIRST = 2;
/** Every first byte is 0, and the others are not. */
export const HIGH_FIRST = 4;

/** Per pair of bytes: its hints. That for escapes is rare elsewhere: one in a thousand of random pairs has it. */
const PAIRS = new Uint8Array(1 << 16);

const BORDERS = /^(?:%[0-9a-f]|[0-9a-f][%\\]|\\[ux]|&#|;&)$/i;

for (let first = 0; first < 256; first++) {
  for (let second = 0; second < 256; second++) {
    PAIRS[first | second << 8] = (BORDERS.test(String.fromCharCode(first, second)) ? ESCAPE : 0) |
      (first !== 0 && second === 0 ? LOW_FIRST : 0) |
      (first === 0 && second !== 0 ? HIGH_FIRST : 0);
  }
}

/** Returns the hints in the eight bytes at a position. */
export function hintsAt({ view }: Content, at: number): number {
  const first = view.getInt32(at, true);
  const second = view.getInt32(at + 4, true);
  const [a, b] = [PAIRS[first & 0xffff]!, PAIRS[first >>> 16]!];
  const [c, d] = [PAIRS[second & 0xffff]!, PAIRS[second >>> 16]!];
  return ((a | b | c | d) & ESCAPE) | (a & b & c & d);
}

/** Returns the first sampled position from `at` with a hint, or -1. */
export function nextHint(
  { view, length }: Content,
  { at, step }: { at: number; step: number },
): number {
  const end = length - HINT_BYTES;
  for (; at <= end; at += step) {
    const first = view.getInt32(at, true);
    const second = view.getInt32(at + 4, true);
    const a = PAIRS[first & 0xffff]!;
    const b = PAIRS[first >>> 16]!;
    const c = PAIRS[second & 0xffff]!;
    const d = PAIRS[second >>> 16]!;
    if ((((a | b | c | d) & ESCAPE) | (a & b & c & d)) !== 0) return at;
  }
  return -1;
}
