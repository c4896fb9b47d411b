import type { Content } from "./content.ts";
import { escapeAt, escapeBefore, escapedByte, escapeLength } from "./escape.ts";
import { HINT_BYTES, nextEscapeHint, nextWideHint, type Samples, wideOffsetAt } from "./hints.ts";

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
  const escapes = { at: 0, step: Math.min(MAX_STEP.escapes, minLength * 3 - HINT_BYTES) };
  const wide = { at: 0, step: Math.min(MAX_STEP.wide, minLength * 2 - HINT_BYTES) };
  const firstEscapes = nextEscapes(content, escapes);
  const firstWide = nextWideHint(content, wide);
  return firstEscapes < 0 && firstWide < 0 ? NO_RUNS : runsFrom(content, minLength, {
    escapes: { ...escapes, at: firstEscapes },
    wide: { ...wide, at: firstWide },
  });
}

/**
 * The distances between samples at most, in bytes: those for runs of 40 bytes, of which an escape takes three at least,
 * and UTF-16 two. So a run holds a whole sample, and how long a search takes does not tell the length of longer secrets.
 */
const MAX_STEP = { escapes: 112, wide: 64 };

/** Returns the first sampled position at which escapes follow each other, or -1. */
function nextEscapes(content: Content, { at, step }: Samples): number {
  at = nextEscapeHint(content, { at, step });
  while (at >= 0 && !followsEscape(content, at)) at = nextEscapeHint(content, { at: at + step, step });
  return at;
}

/**
 * Reports whether another escape follows the first one from a position, or right before it: the longest have a byte more than
 * a hint. Where that is the last of a run that matters, the sample before was in the run as well.
 */
function followsEscape({ bytes }: Content, at: number): boolean {
  for (let begin = Math.max(0, at - 1); begin < at + HINT_BYTES; begin++) {
    const escape = escapeAt(bytes, begin);
    if (escape !== 0) return escapeAt(bytes, begin + escapeLength(escape)) !== 0;
  }
  return false;
}

const NO_RUNS: readonly DecodedRun[] = [];

/** Yields the runs. Each kind begins at its first sample with a hint, or has none if that is at -1. */
function* runsFrom(
  content: Content,
  minLength: number,
  { escapes, wide }: { escapes: Samples; wide: Samples },
): Generator<DecodedRun> {
  const bytes = content.bytes.subarray(0, content.length);
  let done = 0;
  for (let at = escapes.at; at >= 0; at = nextEscapes(content, { ...escapes, at: at + escapes.step })) {
    if (at + HINT_BYTES <= done) continue;
    const run = escapeRun(bytes, { from: Math.max(at - 1, done), minLength });
    if (run === undefined) continue;
    done = run.offsets[run.bytes.length]!;
    yield run;
  }
  done = 0;
  for (let at = wide.at; at >= 0; at = nextWideHint(content, { ...wide, at: at + wide.step })) {
    if (at < done) continue;
    const run = wideRun(bytes, { from: at + wideOffsetAt(content, at), minLength });
    if (run === undefined) continue;
    done = run.offsets[run.bytes.length]!;
    yield run;
  }
}

/** Returns the run of escapes that includes the first escape from a position, which must be near. */
function escapeRun(
  bytes: Uint8Array,
  { from, minLength }: { from: number; minLength: number },
): DecodedRun | undefined {
  let begin = from;
  const near = from + HINT_BYTES + 1;
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
