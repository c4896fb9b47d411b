import { joinBytes } from "../core/join_bytes.ts";
import type { EventFrames } from "./event_frames.ts";
import { heldFrom } from "./held_from.ts";
import { placesOf } from "./tally.ts";
import type { CurrentMask } from "./table_mask.ts";

/** How content is searched. */
export interface StreamSearchOptions {
  /** What follows the frames of the content, if it has such. */
  readonly frames?: EventFrames | undefined;
  /**
   * The number of bytes at the end of a piece that count as clear although a form may be incomplete in them. They are
   * searched again with the next piece.
   */
  readonly tolerance?: number;
}

/**
 * A search for secrets in content that arrives in pieces and is not changed. Like `StreamMask`, it holds back the end of
 * a piece in which a form may be incomplete.
 */
export class StreamSearch {
  readonly #source: CurrentMask;
  readonly #frames: EventFrames | undefined;
  readonly #tolerance: number;
  /** What is searched again with the next piece. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  #clear = 0;

  constructor(source: CurrentMask, { frames, tolerance = 0 }: StreamSearchOptions = {}) {
    this.#source = source;
    this.#frames = frames;
    this.#tolerance = tolerance;
  }

  /** The number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The number of bytes, from the first, that belong to no secret, whatever follows. */
  get clear(): number {
    return this.#clear;
  }

  /** Searches the next piece, which is not kept. @returns The number of places in which a secret stands. */
  push(bytes: Uint8Array<ArrayBuffer>): number {
    const mask = this.#source.current;
    const frameEnd = this.#frames?.push(bytes) ?? 0;
    this.#length += bytes.length;
    if (mask === undefined) {
      this.#rest = new Uint8Array(0);
      this.#clear = this.#length;
      return 0;
    }
    const all = joinBytes(this.#rest, bytes);
    const found = mask.find(all);
    if (found.length > 0) return placesOf(found);
    const from = heldFrom(all, mask);
    const end = Math.max(from, frameEnd === 0 ? 0 : this.#rest.length + frameEnd);
    const left = all.length - end;
    // What passes since a frame ends after it is searched again as well.
    this.#rest = all.slice(from);
    this.#clear = Math.max(this.#clear, left <= this.#tolerance ? this.#length : this.#length - left);
    return 0;
  }

  /** Counts everything as clear. Must be called after the last piece. */
  finish(): void {
    this.#clear = this.#length;
  }
}
