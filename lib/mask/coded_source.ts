import type { Coding } from "../coding/codings.ts";
import { DecodedCopy } from "../coding/decoded_copy.ts";
import { freeMemory } from "../core/free_memory.ts";
import { BadResponse } from "../upstream/errors.ts";
import type { BufferBudget, Reservation } from "../upstream/buffer_budget.ts";
import type { Source } from "../upstream/source.ts";
import type { EventFrames } from "./event_frames.ts";
import { StreamSearch } from "./stream_search.ts";
import type { CurrentMask } from "./table_mask.ts";
import type { Tally } from "./tally.ts";
import { ContentWithheld } from "./withheld.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a coded source needs to know. */
export interface CodedSourceOptions {
  /** In the order in which they are to be decoded. */
  readonly codings: readonly Coding[];
  readonly mask: CurrentMask;
  /** What the memory of the decoders, and of what waits, is taken from. */
  readonly budget: BufferBudget;
  /** What counts the secrets that are found. */
  readonly tally?: Tally;
  /** What follows the frames of the decoded content, if it has such. */
  readonly frames?: EventFrames | undefined;
}

/**
 * How many bytes of the coded content itself may be part of a secret's beginning. Coded bytes look like anything, and an event
 * must not wait because of that.
 */
const TOLERANCE = 7;

/** How much coded content may wait until what it holds is clear, in bytes. */
const WAITING_LIMIT = 1024 * 1024;

/** What a piece that waits takes besides its bytes, in bytes, as measured: an upstream may send single ones. */
const PIECE_COST = 1024;

/** Coded content up to some byte has been decoded to content up to some byte. */
interface Checkpoint {
  readonly coded: number;
  readonly decoded: number;
  /** Per layer between two codings, the number of bytes that it had then. */
  readonly layers: readonly number[];
}

/**
 * A source whose content is coded, and passes as it came. A copy of it is decoded and searched. A coded byte passes once all
 * that it and those before it can be decoded to has been searched and does not end in what may be a secret's beginning.
 *
 * Nothing can be overwritten within a coding. So where a secret stands, the content ends with {@linkcode ContentWithheld}.
 * The coded bytes are searched as well, and so are those between two codings, since there are parts that are not decoded
 * to content, such as comments.
 */
export class CodedSource implements Source {
  readonly #source: Source;
  readonly #memory: Reservation;
  readonly #copy: DecodedCopy;
  readonly #coded: StreamSearch;
  /** One per layer between two codings. */
  readonly #layers: readonly StreamSearch[];
  readonly #decoded: StreamSearch;
  readonly #tally: Tally | undefined;
  /** The pieces that have not passed. */
  #waiting: Bytes[] = [];
  #waitingLength = 0;
  /** For how much of what is not clear memory has been taken, in bytes. */
  #counted: number;
  #passed = 0;
  /** Those that are not clear, in order. */
  #checkpoints: Checkpoint[] = [];
  #clear = 0;
  #hasReadAll = false;
  #isReading = false;
  #isClosed = false;

  constructor(source: Source, { codings, mask, budget, tally, frames }: CodedSourceOptions) {
    this.#source = source;
    this.#tally = tally;
    this.#layers = codings.slice(1).map(() => new StreamSearch(mask, { tolerance: TOLERANCE }));
    this.#memory = budget.reserve();
    this.#counted = Math.min(...codings.map(({ waiting }) => waiting));
    this.#copy = new DecodedCopy(
      codings,
      this.#memory,
      (layer, piece) => this.#count(this.#layers[layer]!.push(piece)),
    );
    this.#coded = new StreamSearch(mask, { tolerance: TOLERANCE });
    this.#decoded = new StreamSearch(mask, { frames });
  }

  get done(): boolean {
    return this.#isClosed || (this.#hasReadAll && this.#waitingLength === 0);
  }

  /** The wait for the memory of the decoder, while there is one: rejects if it is in vain. */
  get turn(): Promise<void> | undefined {
    return this.#memory.turn;
  }

  /**
   * @throws {ContentWithheld} If a secret stands in the content, or it can't be looked into.
   * @throws {Refusal} `overloaded` if there is no memory for that.
   */
  async next(): Promise<Bytes | undefined> {
    this.#isReading = true;
    try {
      while (!this.#isClosed) {
        const clear = this.#take(Math.min(this.#clear, this.#coded.clear) - this.#passed);
        if (clear !== undefined) return clear;
        if (this.#hasReadAll) return undefined;
        const bytes = await this.#source.next();
        if (this.#isClosed) break;
        if (bytes !== undefined) await this.#look(bytes);
        if (this.#source.done) this.#finish();
        if (this.#waitingLength > WAITING_LIMIT) {
          throw new ContentWithheld("too much coded content without content that can be searched");
        }
        this.#countWaiting();
      }
      return undefined;
    } catch (error) {
      this.cancel();
      throw error instanceof BadResponse ? new ContentWithheld(error.message, { cause: error.cause }) : error;
    } finally {
      this.#isReading = false;
      if (this.done) this.#copy.close();
    }
  }

  cancel(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#source.cancel();
    this.#memory.giveUp();
    // The decoder must not be closed while it decodes.
    if (!this.#isReading) this.#copy.close();
  }

  async #look(bytes: Bytes): Promise<void> {
    this.#waiting.push(bytes);
    this.#waitingLength += bytes.length;
    this.#count(this.#coded.push(bytes));
    for await (const piece of this.#copy.push(bytes)) {
      this.#count(this.#decoded.push(piece));
      freeMemory(piece);
      if (this.#isClosed) return;
    }
    // Nobody needs the first bytes before there is any content; so a small response is looked into before its head is sent.
    if (this.#decoded.length > 0) {
      const layers = this.#layers.map(({ length }) => length);
      this.#mark({ coded: this.#copy.settled, decoded: this.#decoded.length, layers });
    }
    this.#advance();
  }

  /** Takes memory for what is not clear beyond what the decoders have taken for it, which is rare. */
  #countWaiting(): void {
    const unclear = this.#coded.length - Math.min(this.#clear, this.#coded.clear);
    const waiting = unclear + PIECE_COST * this.#waiting.length;
    const more = Math.max(0, waiting - this.#counted);
    this.#memory.grow(more);
    this.#counted += more;
  }

  #mark(checkpoint: Checkpoint): void {
    const last = this.#checkpoints.at(-1);
    if (last?.coded === checkpoint.coded) return;
    if (last?.decoded === checkpoint.decoded) this.#checkpoints.pop();
    this.#checkpoints.push(checkpoint);
  }

  #finish(): void {
    if (this.#hasReadAll || this.#isClosed) return;
    if (this.#copy.settled < this.#coded.length) throw new BadResponse("coded content ends within a block");
    this.#hasReadAll = true;
    this.#coded.finish();
    this.#clear = this.#coded.length;
  }

  #count(places: number): void {
    if (places === 0) return;
    if (this.#tally !== undefined) this.#tally.masked += places;
    throw new ContentWithheld("a secret stands in coded content");
  }

  #advance(): void {
    const { clear } = this.#decoded;
    let count = 0;
    for (const { coded, decoded, layers } of this.#checkpoints) {
      if (decoded > clear || layers.some((length, index) => length > this.#layers[index]!.clear)) break;
      this.#clear = Math.max(this.#clear, coded);
      count++;
    }
    this.#checkpoints.splice(0, count);
  }

  /** Takes up to so many bytes from those that wait: whole pieces, or a copy, since the caller may free what it gets. */
  #take(length: number): Bytes | undefined {
    const [first] = this.#waiting;
    if (first === undefined || length <= 0) return undefined;
    const taken = first.length <= length ? first : first.slice(0, length);
    if (taken === first) this.#waiting.shift();
    else this.#waiting[0] = first.slice(length);
    this.#passed += taken.length;
    this.#waitingLength -= taken.length;
    return taken;
  }
}
