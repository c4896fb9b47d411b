/**
 * SHA-256 (FIPS 180-4, section 6.2), computed at once. The runtime's own is asynchronous, and for a text as short as a
 * token the detour costs more than the hash.
 *
 * The work depends on the length of the text only: no branch depends on its content, and no table lookup but those of the hash's own digits.
 *
 * @module
 */

import { encodeLatin1Into } from "./latin1.ts";

/** The fractional parts of the cube roots of the first 64 primes: FIPS 180-4, section 4.2.2. */
const K = roots(64, 1 / 3);

/** The fractional parts of the square roots of the first eight primes: FIPS 180-4, section 5.3.3. */
const INITIAL = roots(8, 1 / 2);

const BLOCK = 64;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Scratch memory, shared by all calls: none of them waits for anything. */
const schedule = new Int32Array(64);
const state = new Int32Array(8);
let padded = new Uint8Array(16 * BLOCK);

/**
 * Returns the SHA-256 of a text of one byte per character, as 64 lower-case hexadecimal digits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
 * ```
 */
export function sha256(latin1: string): string {
  const length = latin1.length;
  const end = Math.ceil((length + 9) / BLOCK) * BLOCK;
  if (padded.length < end) padded = new Uint8Array(end);
  encodeLatin1Into(latin1, padded);
  padded[length] = 0x80;
  padded.fill(0, length + 1, end - 8);
  writeBits(padded, end, length);
  state.set(INITIAL);
  for (let at = 0; at < end; at += BLOCK) compress(padded, at);
  // What is left of a secret in memory that outlives the call.
  padded.fill(0, 0, end);
  schedule.fill(0);
  let text = "";
  for (const word of state) {
    // Not toString(16), which takes longer for some numbers than for others.
    text += HEX[word >>> 24]! + HEX[word >>> 16 & 0xff]! + HEX[word >>> 8 & 0xff]! + HEX[word & 0xff]!;
  }
  return text;
}

/** Writes the length in bits to the last eight bytes of the padding. */
function writeBits(bytes: Uint8Array, end: number, length: number): void {
  const high = Math.floor(length / 2 ** 29);
  const low = length << 3;
  for (let at = 0; at < 4; at++) {
    bytes[end - 5 - at] = high >>> (8 * at);
    bytes[end - 1 - at] = low >>> (8 * at);
  }
}

/** Takes one block into the state: FIPS 180-4, section 6.2.2. */
function compress(bytes: Uint8Array, offset: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) {
    const at = offset + 4 * t;
    w[t] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3);
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10);
    w[t] = w[t - 16]! + s0 + w[t - 7]! + s1;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Returns the first 32 bits of the fractional part of each of the first primes' powers. */
function roots(count: number, power: number): Int32Array {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return Int32Array.from(primes, (prime) => {
    const root = prime ** power;
    return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
  });
}
