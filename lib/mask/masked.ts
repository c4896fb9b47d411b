import type { Source } from "../upstream/source.ts";
import type { Mask } from "./mask.ts";
import { StreamMask } from "./stream_mask.ts";

/** Content with the secret masked. */
export class Masked implements Source {
  readonly #source: Source;
  readonly #mask: StreamMask;
  #flushed = false;

  constructor(source: Source, mask: Mask) {
    this.#source = source;
    this.#mask = new StreamMask(mask);
  }

  get done(): boolean {
    return this.#flushed;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#flushed) {
      const bytes = await this.#source.next();
      const masked = bytes && this.#mask.push(bytes);
      // What was held back may go once nothing can follow; with the last piece there is as a rule nothing.
      this.#flushed = this.#source.done;
      const rest = this.#flushed ? this.#mask.flush() : NOTHING;
      const passed = masked === undefined || masked.length === 0 ? rest : joined(masked, rest);
      if (passed.length > 0) return passed;
    }
    return undefined;
  }

  cancel(): void {
    this.#source.cancel();
  }
}

const NOTHING = new Uint8Array(0);

function joined(first: Uint8Array<ArrayBuffer>, second: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (second.length === 0) return first;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
