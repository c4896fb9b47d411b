import { joinBytes } from "../core/join_bytes.ts";
import { ROOT } from "./automaton.ts";
import type { Mask } from "./mask.ts";
import type { CurrentMask } from "./table_mask.ts";

const NOTHING = new Uint8Array(0);

/**
 * Masks content that comes piece by piece. It holds back the bytes at the end of a piece that may be the beginning of a
 * form, and no others: a piece that doesn't end in one goes on at once, unchanged.
 *
 * The mask is asked for at each piece: a stream that began before a token was replaced must not show the new one.
 */
export class StreamMask {
  readonly #source: CurrentMask;
  #mask: Mask | undefined;
  #state = ROOT;
  #held: Uint8Array<ArrayBuffer> = NOTHING;

  constructor(source: CurrentMask) {
    this.#source = source;
    this.#mask = source.current;
  }

  /** @param bytes The next piece, which is changed in place. @returns What may go on now, which may be nothing. */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const mask = this.#source.current;
    const all = joinBytes(this.#held, bytes);
    let scanned = this.#held.length;
    this.#held = NOTHING;
    if (mask !== this.#mask) {
      // The state belongs to the forms of the mask before; what was held back has not gone on, and is read again.
      this.#mask = mask;
      this.#state = ROOT;
      scanned = 0;
    }
    if (mask === undefined) return all;
    this.#state = mask.scan(all, scanned, this.#state);
    const pending = mask.pendingLength(this.#state);
    if (pending === 0) return all;
    const end = all.length - pending;
    this.#held = all.slice(end);
    return all.subarray(0, end);
  }

  /** Returns what was held back, once it is certain that nothing follows. */
  flush(): Uint8Array<ArrayBuffer> {
    // The mask may have changed since the last piece.
    const passed = this.push(NOTHING);
    const held = this.#held;
    this.#held = NOTHING;
    this.#state = ROOT;
    return joinBytes(passed, held);
  }
}
