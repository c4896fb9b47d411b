import { joinBytes } from "../core/join_bytes.ts";
import type { EventFrames } from "./event_frames.ts";
import type { Match } from "./form.ts";
import { heldFrom } from "./held_from.ts";
import { placesOf } from "./tally.ts";
import type { CurrentMask } from "./table_mask.ts";

const STAR = 0x2a;

/** A piece of at least this size, in bytes, is not copied if that can be avoided. */
const LARGE = 32 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * A mask for content that arrives in pieces. It holds back the end of a piece in which a form may be incomplete, by rules
 * that only depend on the content (see {@linkcode heldFrom}): so it can't be told from what is passed on, and when, whether
 * anything resembles a secret.
 *
 * The current mask is looked up for each piece, since a token may be replaced during a stream, which must not reveal the
 * new one either. So what is held back is kept as it came, and searched again with each piece.
 */
export class StreamMask {
  readonly #source: CurrentMask;
  readonly #frames: EventFrames | undefined;
  /** What is held back, as it came. */
  #held: Uint8Array<ArrayBuffer> = NOTHING;
  /** How many of its first bytes have passed all the same, since a frame ended after them. */
  #heldPassed = 0;
  /** How many of its first bytes belong to a form that began before. */
  #heldStars = 0;
  #masked = 0;

  /** @param frames What follows the frames of the content, if it has such. */
  constructor(source: CurrentMask, frames?: EventFrames) {
    this.#source = source;
    this.#frames = frames;
  }

  /** The number of places that were masked. */
  get masked(): number {
    return this.#masked;
  }

  /**
   * Masks a piece.
   *
   * @param bytes The next piece, which is modified in place, as is the memory before it if it is large.
   * @returns The bytes that can be passed on now, possibly none.
   */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return this.#pass(bytes, false);
  }

  /** Returns the bytes that were held back. Must be called after the last piece. */
  flush(): Uint8Array<ArrayBuffer> {
    return this.#pass(NOTHING, true);
  }

  #pass(bytes: Uint8Array<ArrayBuffer>, isLast: boolean): Uint8Array<ArrayBuffer> {
    const mask = this.#source.current;
    const held = this.#held;
    const frame = this.#frames?.push(bytes) ?? 0;
    const all = join(held, bytes);
    const passed = this.#heldPassed;
    this.#heldPassed = 0;
    if (mask === undefined) {
      this.#held = NOTHING;
      all.fill(STAR, 0, this.#heldStars);
      this.#heldStars = 0;
      return all.subarray(passed);
    }
    const found = mask.find(all).filter(({ to }) => to > passed);
    const frameEnd = frame === 0 ? 0 : held.length + frame;
    const from = isLast ? all.length : heldFrom(all, mask);
    const end = Math.max(frameEnd, from, passed);
    this.#held = from === all.length ? NOTHING : all.slice(from);
    this.#heldPassed = end - from;
    this.#star(all, found, end);
    if (this.#heldStars > 0) this.#heldStars += end - from;
    return passed === 0 && end === all.length ? all : all.subarray(passed, end);
  }

  /** Overwrites what was found before `end`, and what began in an earlier piece. */
  #star(all: Uint8Array, found: readonly Match[], end: number): void {
    const stars = this.#heldStars;
    all.fill(STAR, 0, Math.min(stars, end));
    this.#heldStars = Math.max(0, stars - end);
    // What is held back as a whole is found again.
    const passed = found.filter(({ from }) => from < end);
    if (passed.length > 0) this.#masked += placesOf(passed);
    for (const { from, to } of passed) {
      all.fill(STAR, from, Math.min(to, end));
      this.#heldStars = Math.max(this.#heldStars, to - end);
    }
  }
}

/** Joins what was held back with a piece: with a large one without a copy, if there is room for it before the piece. */
function join(held: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length < LARGE || bytes.byteOffset < held.length) return joinBytes(held, bytes);
  const all = new Uint8Array(bytes.buffer, bytes.byteOffset - held.length, held.length + bytes.length);
  all.set(held);
  return all;
}
