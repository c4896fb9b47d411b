import { fairTurn } from "../core/fair_turn.ts";
import type { RequestFraming } from "../http/framing.ts";
import { Refusal } from "../http/refusal.ts";
import { ContentBlocks } from "./content_blocks.ts";
import { ContentReads } from "./content_reads.ts";
import { ReadLost } from "./errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** For how long pieces are joined, in milliseconds. */
const JOIN_MS = 1;

/** How much of refused content is read and dropped, in bytes, so that a client that goes on sees the response. */
export const DROP_LIMIT = 64 * 1024 * 1024;

/** How long a read may wait for the client once nothing more is read, in milliseconds. */
const STOP_MS = 100;

/** What the runtime may hold before all of it is read, in bytes. */
const BEHIND = 64 * 1024;

/**
 * How many pieces and how many joined ones are then read at most while others wait, which takes some 40 ms. Chunks that are
 * shorter than what the runtime takes between two turns of the event loop, divided by this, pile up nevertheless.
 */
const SWEEP = { pieces: 10_000, joined: 64 };

/** Reads the content of a request, and joins the chunks that are at hand. */
export class ContentReader {
  readonly #reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array>;
  /** Undefined if the content does not come from the runtime as it arrives. */
  readonly #reads: ContentReads | undefined;
  readonly #blocks: ContentBlocks;
  /** How much is still to come of content with a length, in bytes; otherwise unknown. */
  #left: number;
  #isStopped = false;
  /** What the last call of {@linkcode read} returned: one after another reads. */
  #last: Promise<Bytes | undefined> | undefined;

  constructor(content: ReadableStream<Uint8Array>, framing: RequestFraming) {
    this.#reader = readerOf(content);
    this.#blocks = new ContentBlocks(framing);
    this.#left = framing.kind === "length" ? framing.length : Infinity;
    this.#reads = this.#reader instanceof ReadableStreamDefaultReader
      ? undefined
      : new ContentReads(this.#reader, framing.kind === "chunked");
  }

  /**
   * Reads the next piece, or undefined at the end. Its memory belongs to the caller, who may {@linkcode release} it.
   *
   * @throws {Refusal} `bad_request` if the client's chunks are too small for the speed at which they come.
   */
  read(): Promise<Bytes | undefined> {
    const reads = this.#reads;
    if (reads === undefined) return this.#readPlainly();
    return this.#last = this.#last === undefined ? this.#read(reads) : this.#readAfter(this.#last, reads);
  }

  /** Takes back the memory of a piece, which is not used any more. */
  release(piece: Bytes): void {
    this.#blocks.release(piece);
  }

  /** Whether a read waits for the client. */
  get isWaiting(): boolean {
    return this.#reads?.isWaiting ?? false;
  }

  /**
   * Gives up the rest, but waits for a read that has begun, if the client sends more within a moment: the runtime does not
   * end the connection of a read that waits.
   *
   * @returns Whether a read waits for ever.
   */
  async stop(): Promise<boolean> {
    this.#isStopped = true;
    await this.#reads?.settle(STOP_MS);
    const isWaiting = this.isWaiting;
    this.#free();
    try {
      await this.#reader.cancel();
      return isWaiting;
    } catch (error) {
      return error instanceof ReadLost;
    }
  }

  /** Reads the rest and drops it, a limited amount. */
  async drop(): Promise<void> {
    try {
      let left = DROP_LIMIT;
      for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
        left -= piece.length;
        this.release(piece);
        if (left < 0) return this.cancel();
        // A client may send one byte in each chunk.
        const turn = fairTurn(performance.now());
        if (turn !== undefined) await turn;
      }
    } catch {
      // Nothing is left to drop.
    }
  }

  /** Gives up the rest at once. */
  cancel(): void {
    this.#reader.cancel().catch(() => {});
    this.#free();
  }

  async #readAfter(last: Promise<unknown>, reads: ContentReads): Promise<Bytes | undefined> {
    await last;
    return this.#read(reads);
  }

  async #read(reads: ContentReads): Promise<Bytes | undefined> {
    if (this.#blocks.count > 0) return this.#blocks.shift();
    if (this.#isStopped) throw new Error("Reading was stopped");
    reads.onTurn();
    // What is left of the last piece must not wait for the next one.
    const isNext = this.#blocks.isEmpty;
    const first = isNext ? await reads.next() : await reads.atHand();
    if (isNext && first?.length === this.#left) {
      this.#left = 0;
      return first;
    }
    if (first !== undefined) await this.#join(first, reads);
    else if (this.#blocks.isEmpty) return this.#free();
    if (this.#blocks.count === 0) this.#blocks.flush();
    return this.#blocks.shift();
  }

  /** Joins a piece and those that are at hand: one block of them, or all that the runtime holds if that is much. */
  async #join(first: Bytes, reads: ContentReads): Promise<void> {
    let isBehind = false;
    const until = performance.now() + JOIN_MS;
    let count = 0;
    for (let piece: Bytes | undefined = first; piece !== undefined; piece = await reads.atHand()) {
      this.#blocks.add(piece);
      this.#left -= piece.length;
      reads.reuse(piece.buffer);
      if (this.#left === 0 || this.#isStopped) break;
      count++;
      isBehind ||= reads.held > BEHIND;
      if (isBehind ? isSwept(count, this.#blocks) : this.#blocks.count > 0 || performance.now() > until) {
        break;
      }
    }
    if (!isBehind || !reads.isExceeded) return;
    this.cancel();
    throw new Refusal("bad_request", "its content comes in too many too small chunks");
  }

  async #readPlainly(): Promise<Bytes | undefined> {
    const { done, value } = await (this.#reader as ReadableStreamDefaultReader<Uint8Array>).read();
    return done ? undefined : value as Bytes;
  }

  #free(): undefined {
    this.#reads?.free();
    this.#blocks.free();
  }
}

function isSwept(pieces: number, { count }: ContentBlocks): boolean {
  return pieces >= SWEEP.pieces || count >= SWEEP.joined;
}

/** Returns a reader of the kind that lets one say how much to read, if the content allows it. */
function readerOf(
  content: ReadableStream<Uint8Array>,
): ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array> {
  try {
    return content.getReader({ mode: "byob" });
  } catch {
    return content.getReader();
  }
}
