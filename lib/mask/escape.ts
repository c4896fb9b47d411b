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

/** Returns the value of two hexadecimal digits, or a negative number if one of them is not a digit. */
function pairAt(bytes: Uint8Array, at: number): number {
  return digitOf(bytes[at]) << 4 | digitOf(bytes[at + 1]);
}

const [PERCENT, BACKSLASH, AMPERSAND, HASH, SEMICOLON] = [0x25, 0x5c, 0x26, 0x23, 0x3b];
const [ZERO, LOWER_U, LOWER_X, UPPER_X] = [0x30, 0x75, 0x78, 0x58];

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
  const [first, base] = isHex ? [at + 3, 16] : [at + 2, 10];
  let value = 0;
  let index = first;
  for (; index < at + MAX_ESCAPE - 1; index++) {
    const digit = digitOf(bytes[index]);
    if (digit < 0 || digit >= base) break;
    value = value * base + digit;
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
