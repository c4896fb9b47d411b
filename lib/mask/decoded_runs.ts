import type { Content } from "./content.ts";
import { escapeAt, escapeBefore, escapedByte, escapeLength } from "./escape.ts";
import { HINT_BYTES, hintsAtEscapes, nextHint, wideOffsetAt } from "./hints.ts";

/** A run of bytes that are encoded throughout, decoded. */
export interface DecodedRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Per decoded byte, where its encoding begins in the content; then where the last one ends. */
  readonly offsets: Int32Array;
}

/**
 * Returns the runs of content in which every byte is encoded in the same way: escaped, or in UTF-16. What is
 * found, and how long that takes, depends on the content alone.
 *
 * @param minLength The length of the shortest run that matters, in decoded bytes; at least 8.
 */
export function decodedRuns(content: Content, minLength: number): Iterable<DecodedRun> {
  // Of two bytes per byte, a run holds at least one whole sample.
  const step = Math.min(64, minLength * 2 - HINT_BYTES);
  const first = nextRun(content, { at: 0, step });
  return first < 0 ? NO_RUNS : runsFrom(content, { first, step, minLength });
}

/** Returns the first sampled position from `at` with a hint that is more than that, or -1. */
function nextRun(content: Content, { at, step }: { at: number; step: number }): number {
  for (at = nextHint(content, { at, step }); at >= 0; at = nextHint(content, { at: at + step, step })) {
    if (wideOffsetAt(content, at) >= 0 || followsEscape(content, at)) return at;
  }
  return -1;
}

/** Reports whether two escapes follow each other at a position. */
function followsEscape({ bytes }: Content, at: number): boolean {
  for (let begin = at; begin < at + HINT_BYTES; begin++) {
    const escape = escapeAt(bytes, begin);
    if (escape === 0) continue;
    return escapeAt(bytes, begin + escapeLength(escape)) !== 0 || escapeBefore(bytes, begin) !== 0;
  }
  return false;
}

const NO_RUNS: readonly DecodedRun[] = [];

function* runsFrom(
  content: Content,
  { first, step, minLength }: { first: number; step: number; minLength: number },
): Generator<DecodedRun> {
  const bytes = content.bytes.subarray(0, content.length);
  let doneEscapes = 0;
  let doneWide = 0;
  for (let at = first; at >= 0; at = nextRun(content, { at: at + step, step })) {
    if (at + HINT_BYTES > doneEscapes && hintsAtEscapes(content, at)) {
      const run = escapeRun(bytes, { from: Math.max(at, doneEscapes), minLength });
      if (run !== undefined) {
        doneEscapes = run.offsets[run.bytes.length]!;
        yield run;
      }
    }
    const offset = at < doneWide ? -1 : wideOffsetAt(content, at);
    if (offset >= 0) {
      const run = wideRun(bytes, { from: at + offset, minLength });
      if (run !== undefined) {
        doneWide = run.offsets[run.bytes.length]!;
        yield run;
      }
    }
  }
}

/** Returns the run of escapes that includes the first escape from a position, which must be near. */
function escapeRun(
  bytes: Uint8Array,
  { from, minLength }: { from: number; minLength: number },
): DecodedRun | undefined {
  let begin = from;
  const near = from + HINT_BYTES;
  while (begin < near && escapeAt(bytes, begin) === 0) begin++;
  if (begin === near) return undefined;
  for (let escape = escapeBefore(bytes, begin); escape !== 0; escape = escapeBefore(bytes, begin)) {
    begin -= escapeLength(escape);
  }
  let count = 0;
  let end = begin;
  for (let escape = escapeAt(bytes, end); escape !== 0; escape = escapeAt(bytes, end)) {
    end += escapeLength(escape);
    count++;
  }
  if (count < minLength) return undefined;
  const run = runOf(count);
  let at = begin;
  for (let index = 0; index < count; index++) {
    const escape = escapeAt(bytes, at);
    run.bytes[index] = escapedByte(escape);
    run.offsets[index] = at;
    at += escapeLength(escape);
  }
  run.offsets[count] = end;
  return run;
}

/** Returns the run of UTF-16 around a position with a byte that is not 0; every other byte is 0. */
function wideRun(
  bytes: Uint8Array,
  { from, minLength }: { from: number; minLength: number },
): DecodedRun | undefined {
  if (bytes[from] === 0) return undefined;
  let begin = from;
  while (begin >= 2 && bytes[begin - 1] === 0 && bytes[begin - 2] !== 0) begin -= 2;
  let end = from;
  while (end + 2 < bytes.length && bytes[end + 1] === 0 && bytes[end + 2] !== 0) end += 2;
  const count = (end - begin >> 1) + 1;
  if (count < minLength) return undefined;
  const run = runOf(count);
  for (let index = 0; index < count; index++) {
    run.bytes[index] = bytes[begin + 2 * index]!;
    run.offsets[index] = begin + 2 * index;
  }
  run.offsets[count] = end + 1;
  return run;
}

function runOf(count: number): DecodedRun {
  return { bytes: new Uint8Array(count), offsets: new Int32Array(count + 1) };
}
