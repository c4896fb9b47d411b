import { joinBytes } from "../core/join_bytes.ts";
import { ROOT } from "./automaton.ts";
import type { Mask } from "./mask.ts";
import type { CurrentMask } from "./table_mask.ts";

const NOTHING = new Uint8Array(0);

/**
 * A mask for content that arrives in pieces. It holds back only the bytes at the end of a piece that may be the beginning
 * of a form; a piece that does not end in such bytes is passed on at once, without a copy.
 *
 * The current mask is looked up for each piece, since a token may be replaced during a stream, which must not reveal the
 * new one either.
 */
export class StreamMask {
  readonly #source: CurrentMask;
  #mask: Mask | undefined;
  #state = ROOT;
  #pendingBytes: Uint8Array<ArrayBuffer> = NOTHING;

  constructor(source: CurrentMask) {
    this.#source = source;
    this.#mask = source.current;
  }

  /**
   * Masks a piece.
   *
   * @param bytes The next piece, which is modified in place.
   * @returns The bytes that can be passed on now, possibly none.
   */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const mask = this.#source.current;
    const all = joinBytes(this.#pendingBytes, bytes);
    let scanned = this.#pendingBytes.length;
    this.#pendingBytes = NOTHING;
    if (mask !== this.#mask) {
      // The state belongs to the previous mask, so the bytes that were held back are scanned again.
      this.#mask = mask;
      this.#state = ROOT;
      scanned = 0;
    }
    if (mask === undefined) return all;
    this.#state = mask.scan(all, scanned, this.#state);
    const pending = mask.pendingLength(this.#state);
    if (pending === 0) return all;
    const end = all.length - pending;
    this.#pendingBytes = all.slice(end);
    return all.subarray(0, end);
  }

  /** Returns the bytes that were held back. Must be called after the last piece. */
  flush(): Uint8Array<ArrayBuffer> {
    // The mask may have changed since the last piece.
    const passed = this.push(NOTHING);
    const pending = this.#pendingBytes;
    this.#pendingBytes = NOTHING;
    this.#state = ROOT;
    return joinBytes(passed, pending);
  }
}
