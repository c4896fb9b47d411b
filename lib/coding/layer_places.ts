/** How far apart the places are at least of which it is known what they decode to, in bytes. */
const STEP = 1024;

/** Coded content up to some byte is decoded to a layer up to some byte. */
interface Place {
  readonly coded: number;
  readonly layer: number;
}

/** What is known of how much of a layer is decoded from how much coded content. */
export class LayerPlaces {
  /** In order, the first being the last one asked for. */
  readonly #places: Place[] = [{ coded: 0, layer: 0 }];

  /** Adds the place up to which everything has been decoded now. */
  add(place: Place): void {
    const [before, last] = this.#places.slice(-2);
    // The last one is exact; those before it need not be, and there would be as many as pieces.
    if (last !== undefined && last.coded - before!.coded < STEP) this.#places.pop();
    this.#places.push(place);
  }

  /**
   * Returns a number of coded bytes that are decoded to no more than so much of the layer: the largest that is known.
   *
   * @param layer At least as much as the last time.
   */
  codedFor(layer: number): number {
    const index = this.#places.findLastIndex((place) => place.layer <= layer);
    this.#places.splice(0, index);
    return this.#places[0]!.coded;
  }
}
