import { freeLarge } from "../core/free_memory.ts";
import { joinBytes } from "../core/join_bytes.ts";
import type { Source } from "../upstream/source.ts";
import type { EventFrames } from "./event_frames.ts";
import { StreamMask } from "./stream_mask.ts";
import type { Tally } from "./tally.ts";
import type { CurrentMask } from "./table_mask.ts";

/** What a masked source may have. */
export interface MaskedSourceOptions {
  /** What counts what is masked. */
  readonly tally?: Tally;
  /** What follows the frames of the content, if it has such. */
  readonly frames?: EventFrames | undefined;
}

/** A source whose secrets are masked. */
export class MaskedSource implements Source {
  readonly #source: Source;
  readonly #mask: StreamMask;
  readonly #tally: Tally | undefined;
  #flushed = false;

  constructor(source: Source, mask: CurrentMask, { tally, frames }: MaskedSourceOptions = {}) {
    this.#source = source;
    this.#tally = tally;
    this.#mask = new StreamMask(mask, frames);
  }

  get done(): boolean {
    return this.#flushed;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#flushed) {
      const bytes = await this.#source.next();
      const before = this.#mask.masked;
      const masked = bytes === undefined ? NOTHING : this.#mask.push(bytes);
      // Bytes that were held back are released once no more can follow.
      this.#flushed = this.#source.done;
      const passed = this.#flushed ? joinBytes(masked, this.#mask.flush()) : masked;
      if (this.#tally !== undefined) this.#tally.masked += this.#mask.masked - before;
      if (bytes !== undefined && (passed.length === 0 || passed.buffer !== bytes.buffer)) freeLarge(bytes);
      if (passed.length > 0) return passed;
    }
    return undefined;
  }

  cancel(): void {
    this.#source.cancel();
  }
}

const NOTHING = new Uint8Array(0);
