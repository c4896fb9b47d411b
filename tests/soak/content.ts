/**
 * Content that both ends can make from a request's id alone, so that each byte of it can be checked.
 *
 * @module
 */

/** The largest piece that {@linkcode pieceOf} makes. */
export const PIECE = 64 * 1024;

/** A prime, so that pieces of any usual size that change places are found out; and no less than a piece. */
const PERIOD = 65_537;

/** The period, and a piece of the next: a piece from any place is one view. */
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

/** The bytes of an id's content from a place on: a view that must not be changed. */
export function pieceOf(id: number, from: number, length: number): Uint8Array<ArrayBuffer> {
  if (length > PIECE) throw new RangeError(`Cannot make ${length} bytes at once: wanted at most ${PIECE}`);
  const start = (id * 7919 + from) % PERIOD;
  return BYTES.subarray(start, start + length);
}

/** An id's content of some length, in pieces. */
export function* piecesOf(id: number, length: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < length; at += PIECE) yield pieceOf(id, at, Math.min(PIECE, length - at));
}

/** Content that comes, held against what it was to be. */
export class Comparison {
  /** How many bytes have come. */
  length = 0;
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  /** @throws {Error} at the first byte that is not the one that was sent */
  add(part: Uint8Array): void {
    for (let done = 0; done < part.length; done += PIECE) {
      const wanted = pieceOf(this.#id, this.length + done, Math.min(PIECE, part.length - done));
      for (let at = 0; at < wanted.length; at++) {
        if (part[done + at] === wanted[at]) continue;
        throw new Error("A byte of the content is not the one that was sent");
      }
    }
    this.length += part.length;
  }

  /** @throws {Error} if it was not so long */
  end(length: number): void {
    if (this.length !== length) throw new Error(`The content has ${length - this.length} bytes too few`);
  }
}
