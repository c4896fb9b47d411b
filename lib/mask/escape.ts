/**
 * Escapes of single bytes, as encoders write them: `%41`, `%2541` (encoded twice), `\x41`, `\u0041`, `&#65;`, `&#x41;`.
 *
 * @module
 */

/** Returns the value of a hexadecimal digit, or -1. */
function digitOf(byte: number | undefined): number {
  return byte === undefined ? -1 : DIGITS[byte]!;
}

const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[0-9A-Fa-f]/.test(char) ? parseInt(char, 16) : -1;
});

/** Returns the value of two hexadecimal digits, or -1. */
function pairAt(bytes: Uint8Array, at: number): number {
  const high = digitOf(bytes[at]);
  const low = digitOf(bytes[at + 1]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

const [PERCENT, BACKSLASH, AMPERSAND, HASH, SEMICOLON] = [0x25, 0x5c, 0x26, 0x23, 0x3b];
const [ZERO, NINE, LOWER_U, LOWER_X, UPPER_X] = [0x30, 0x39, 0x75, 0x78, 0x58];

/** The length of the longest escape: a numeric reference with five digits. */
export const MAX_ESCAPE = 9;

/** The escape at a position: how many bytes it has, × 256, + the byte that it stands for. 0 if there is none. */
export type PackedEscape = number;

/** Returns the length of an escape; 0 if it is none. */
export function escapeLength(escape: PackedEscape): number {
  return escape >> 8;
}

/** Returns the byte that an escape stands for. */
export function escapedByte(escape: PackedEscape): number {
  return escape & 0xff;
}

function pack(length: number, byte: number): PackedEscape {
  return byte < 0 ? 0 : length << 8 | byte;
}

/** Returns the escape that begins at a position, in a number, since this is called for each escape of large content. */
export function escapeAt(bytes: Uint8Array, at: number): PackedEscape {
  switch (bytes[at]) {
    case PERCENT: {
      const value = pairAt(bytes, at + 1);
      if (value !== PERCENT) return pack(3, value);
      const twice = pairAt(bytes, at + 3);
      return twice < 0 ? pack(3, value) : pack(5, twice);
    }
    case BACKSLASH:
      if (bytes[at + 1] === LOWER_X) return pack(4, pairAt(bytes, at + 2));
      if (bytes[at + 1] !== LOWER_U || bytes[at + 2] !== ZERO || bytes[at + 3] !== ZERO) return 0;
      return pack(6, pairAt(bytes, at + 4));
    case AMPERSAND:
      return bytes[at + 1] === HASH ? referenceAt(bytes, at) : 0;
    default:
      return 0;
  }
}

/** Returns the numeric character reference that begins at a position: HTML, section 13.5. */
function referenceAt(bytes: Uint8Array, at: number): PackedEscape {
  const isHex = bytes[at + 2] === LOWER_X || bytes[at + 2] === UPPER_X;
  let value = 0;
  let index = at + (isHex ? 3 : 2);
  const first = index;
  for (; index < at + MAX_ESCAPE - 1; index++) {
    const byte = bytes[index];
    const digit = isHex || (byte !== undefined && byte >= ZERO && byte <= NINE) ? digitOf(byte) : -1;
    if (digit < 0) break;
    value = value * (isHex ? 16 : 10) + digit;
  }
  if (index === first || bytes[index] !== SEMICOLON || value > 0xff) return 0;
  return pack(index + 1 - at, value);
}

/** The lengths that an escape may have. */
const LENGTHS: readonly number[] = [3, 4, 5, 6, 7, 8, 9];

/** Returns the escape that ends right before a position; the longest, as `%41` is also the end of `%25%41`'s like. */
export function escapeBefore(bytes: Uint8Array, end: number): PackedEscape {
  let found = 0;
  for (const length of LENGTHS) {
    if (length > end) break;
    const byte = bytes[end - length]!;
    if (byte !== PERCENT && byte !== BACKSLASH && byte !== AMPERSAND) continue;
    const escape = escapeAt(bytes, end - length);
    if (escapeLength(escape) === length) found = escape;
  }
  return found;
}

/**
 * Whether a pair of bytes occurs where escapes follow each other: the beginning of one, or the border of two. Such pairs
 * are rare elsewhere: one in a thousand of random bytes.
 */
const HINTS = new Uint8Array(1 << 16);
for (let digit = 0; digit < 256; digit++) {
  if (DIGITS[digit]! < 0) continue;
  HINTS[PERCENT | digit << 8] = 1;
  HINTS[digit | PERCENT << 8] = 1;
  HINTS[digit | BACKSLASH << 8] = 1;
}
HINTS[BACKSLASH | LOWER_U << 8] = 1;
HINTS[BACKSLASH | LOWER_X << 8] = 1;
HINTS[AMPERSAND | HASH << 8] = 1;
HINTS[SEMICOLON | AMPERSAND << 8] = 1;

/** How many bytes are looked at for a hint: any run of escapes has one in as many. */
const HINT_BYTES = 8;

/** Some bytes that are escapes throughout, and what they stand for. */
export interface EscapeRun {
  /** Where it begins and ends. */
  readonly from: number;
  readonly to: number;
  /** The bytes that the escapes stand for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each escape begins; then where the last one ends. */
  readonly offsets: Int32Array;
}

/**
 * Yields the runs of escapes that follow each other without a byte between. It samples, so runs shorter than
 * `minLength` may be missed. What is found, and how long that takes, depends on the content alone.
 *
 * @param minLength In bytes, at least 24.
 */
export function* escapeRuns(bytes: Uint8Array, minLength: number): Generator<EscapeRun> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // A run holds at least one whole sample, and the escape after the hint.
  const step = Math.min(64, minLength - HINT_BYTES - MAX_ESCAPE + 1);
  let done = 0;
  for (
    let at = nextHint(view, { at: 0, step });
    at >= 0;
    at = nextHint(view, { at: at + step, step })
  ) {
    if (at + HINT_BYTES <= done) continue;
    const run = runAround(bytes, { from: Math.max(at, done), minLength });
    if (run === undefined) continue;
    done = run.to;
    yield run;
  }
}

/** Returns the first sampled position from `at` with a hint, or -1. */
function nextHint(view: DataView, { at, step }: { at: number; step: number }): number {
  const end = view.byteLength - HINT_BYTES;
  for (; at <= end; at += step) {
    const first = view.getInt32(at, true);
    const second = view.getInt32(at + 4, true);
    if (
      (HINTS[first & 0xffff]! | HINTS[first >>> 16]! | HINTS[second & 0xffff]! |
        HINTS[second >>> 16]!) !== 0
    ) return at;
  }
  return -1;
}

/** Returns the run of escapes that includes the first escape from a position, which must be near. */
function runAround(
  bytes: Uint8Array,
  { from, minLength }: { from: number; minLength: number },
): EscapeRun | undefined {
  let begin = from;
  const near = from + HINT_BYTES;
  while (begin < near && escapeAt(bytes, begin) === 0) begin++;
  if (begin === near) return undefined;
  for (
    let escape = escapeBefore(bytes, begin);
    escape !== 0;
    escape = escapeBefore(bytes, begin)
  ) {
    begin -= escapeLength(escape);
  }
  let end = begin;
  let count = 0;
  for (
    let escape = escapeAt(bytes, end);
    escape !== 0;
    escape = escapeAt(bytes, end)
  ) {
    end += escapeLength(escape);
    count++;
  }
  if (end - begin < minLength) return undefined;
  const run = { from: begin, to: end, bytes: new Uint8Array(count), offsets: new Int32Array(count + 1) };
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
