/**
 * Content that both ends can derive from a request's id, so that each byte of it can be checked.
 *
 * @module
 */

/** The largest piece that {@linkcode pieceOf} returns, in bytes. */
export const PIECE = 64 * 1024;

/** A prime, so that swapped pieces of any common size are detected; at least one piece long. */
const PERIOD = 65_537;

/** The period plus a piece of the next, so that a piece from any offset is one view. */
const BYTES = makeBytes(PERIOD + PIECE);

function makeBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < PERIOD; at++) {
    state = (state * 48_271) % 0x7fffffff;
    bytes[at] = state >> 8;
  }
  bytes.copyWithin(PERIOD, 0, length - PERIOD);
  return bytes;
}

/** Returns the bytes of an id's content from an offset: a view that must not be modified. */
export function pieceOf(id: number, from: number, length: number): Uint8Array<ArrayBuffer> {
  if (length > PIECE) throw new RangeError(`Cannot make ${length} bytes at once: wanted at most ${PIECE}`);
  const start = (id * 7919 + from) % PERIOD;
  return BYTES.subarray(start, start + length);
}

/** Yields an id's content of `length` bytes in pieces. */
export function* piecesOf(id: number, length: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < length; at += PIECE) yield pieceOf(id, at, Math.min(PIECE, length - at));
}

/** Compares content as it arrives with the expected content. */
export class Comparison {
  /** The number of bytes so far. */
  length = 0;
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  /** @throws {Error} at the first byte that differs from the one sent */
  add(part: Uint8Array): void {
    for (let done = 0; done < part.length; done += PIECE) {
      const wanted = pieceOf(this.#id, this.length + done, Math.min(PIECE, part.length - done));
      for (let at = 0; at < wanted.length; at++) {
        if (part[done + at] === wanted[at]) continue;
        throw new Error("A byte of the content differs from the one sent");
      }
    }
    this.length += part.length;
  }

  /** @throws {Error} unless the content has this length */
  end(length: number): void {
    if (this.length !== length) throw new Error(`The content has ${this.length} bytes instead of ${length}`);
  }
}
