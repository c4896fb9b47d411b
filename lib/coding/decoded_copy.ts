import type { Reservation } from "../upstream/buffer_budget.ts";
import { BadResponse } from "../upstream/errors.ts";
import type { Coding, ContentDecoder } from "./codings.ts";
import { LayerPlaces } from "./layer_places.ts";

type Piece = Uint8Array<ArrayBuffer>;

/**
 * The maximum ratio of decoded to coded size, a little more than the most that deflate can reach. Content that exceeds
 * this and {@linkcode ALWAYS_ALLOWED} would cost far more time than its size is worth.
 */
const GROWTH_LIMIT = 1100;

/** The decoded size that is allowed regardless of the ratio, in bytes. */
const ALWAYS_ALLOWED = 64 * 1024 * 1024;

/**
 * Gets the next piece of a layer between two codings, before it is decoded further.
 *
 * @param layer 0 for what the first coding is decoded to.
 */
type OnLayer = (layer: number, piece: Piece) => void;

/** A decoded copy of coded content, made while the content arrives. */
export class DecodedCopy {
  readonly #codings: readonly Coding[];
  readonly #decoders: ContentDecoder[] = [];
  /** Per decoder, how many bytes it has read. */
  readonly #read: number[];
  /** Per layer between two codings, where it comes from. */
  readonly #places: readonly LayerPlaces[];
  #produced = 0;
  readonly #memory: Reservation;
  readonly #onLayer: OnLayer;
  #closed = false;

  /**
   * @param codings In the order in which they are to be decoded.
   * @param memory What the decoders' memory is taken from; freed with them.
   * @param onLayer Gets what is decoded, but still coded.
   */
  constructor(codings: readonly Coding[], memory: Reservation, onLayer: OnLayer = () => {}) {
    this.#codings = codings;
    this.#read = codings.map(() => 0);
    this.#places = codings.slice(1).map(() => new LayerPlaces());
    this.#memory = memory;
    this.#onLayer = onLayer;
  }

  /**
   * The number of coded bytes, from the first, of which nothing more can be decoded. Only the last part of a block may have
   * been read without being decoded.
   */
  get settled(): number {
    // A place within a layer is one within the content that the layer was decoded from, and so on.
    return this.#places.reduceRight(
      (settled, places) => places.codedFor(settled),
      this.#settledIn(this.#read.length - 1),
    );
  }

  /**
   * Decodes the next piece, without waiting for more. Yields pieces that the caller may free.
   *
   * @throws {BadResponse} If it does not match its coding, or expands far too much.
   */
  async *push(bytes: Piece): AsyncGenerator<Piece, void> {
    for await (const piece of this.#through(0, bytes)) {
      this.#produced += piece.length;
      if (this.#produced > ALWAYS_ALLOWED && this.#produced > GROWTH_LIMIT * this.#read[0]!) {
        throw new BadResponse(`decoded content over ${GROWTH_LIMIT} times as large as received`);
      }
      yield piece;
    }
    this.#places.forEach((places, index) =>
      places.add({ coded: this.#settledIn(index), layer: this.#read[index + 1]! })
    );
  }

  /** Frees the decoders' memory. */
  close(): void {
    this.#closed = true;
    for (const decoder of this.#decoders) decoder.close();
    this.#memory.free();
  }

  /** Returns the number of bytes that a decoder has read and decoded. */
  #settledIn(index: number): number {
    return this.#read[index]! - (this.#decoders[index]?.unsettled ?? 0);
  }

  async *#through(index: number, bytes: Piece): AsyncGenerator<Piece, void> {
    const coding = this.#codings[index];
    if (coding === undefined) return yield bytes;
    this.#read[index]! += bytes.length;
    if (index > 0) this.#onLayer(index - 1, bytes);
    const decoder = this.#decoders[index] ?? await this.#start(coding, bytes);
    for await (const piece of decoder.decode(bytes)) yield* this.#through(index + 1, piece);
  }

  async #start(coding: Coding, bytes: Piece): Promise<ContentDecoder> {
    const decoder = await coding.start(bytes, this.#memory);
    this.#decoders.push(decoder);
    if (this.#closed) decoder.close();
    return decoder;
  }
}
