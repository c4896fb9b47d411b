import { ROOT } from "./automaton.ts";
import type { Mask } from "./mask.ts";

const NOTHING = new Uint8Array(0);

/**
 * Masks content that comes piece by piece. It holds back the bytes at the end that may be the beginning of a form,
 * and no others: a piece that doesn't end in one goes on at once, and as it is.
 */
export class StreamMask {
  readonly #mask: Mask;
  #state = ROOT;
  #held: Uint8Array<ArrayBuffer> = NOTHING;

  constructor(mask: Mask) {
    this.#mask = mask;
  }

  /** @param bytes The next piece, which is changed in place. @returns What may go on now, maybe nothing. */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const before = this.#held.length;
    const all = before === 0 ? bytes : joined(this.#held, bytes);
    this.#state = this.#mask.scan(all, before, this.#state);
    const held = this.#mask.pendingLength(this.#state);
    if (held === 0) {
      this.#held = NOTHING;
      return all;
    }
    const end = all.length - held;
    this.#held = all.slice(end);
    return all.subarray(0, end);
  }

  /** What was held back, once it is certain that nothing follows. */
  flush(): Uint8Array<ArrayBuffer> {
    const held = this.#held;
    this.#held = NOTHING;
    this.#state = ROOT;
    return held;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
