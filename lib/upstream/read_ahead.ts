type Piece = Uint8Array<ArrayBuffer>;

/** How much may be kept, in bytes. */
const LIMIT = 1024 * 1024;

/** Reads a client's content as it comes, and keeps a limited amount that has not been asked for yet. */
export class ReadAhead {
  readonly #pieces: Piece[] = [];
  readonly #readers: PromiseWithResolvers<Piece | undefined>[] = [];
  #kept = 0;
  #end: { readonly error?: unknown } | undefined;
  #onExcess: (() => void) | undefined;
  #onTaken: (() => void) | undefined;
  /** How many pieces have come or were asked for. */
  moves = 0;

  /** Begins to read. @param read Reads the next piece, or undefined at the end. */
  constructor(read: () => Promise<Piece | undefined>) {
    this.#run(read);
  }

  /** Whether it waits until some of what is kept has been asked for. */
  get isFull(): boolean {
    return this.#kept > LIMIT;
  }

  /** From now on it never waits. @param onExcess Called when more is kept than may be. */
  neverWait(onExcess: () => void): void {
    this.#onExcess = onExcess;
  }

  /** Returns the next piece, or undefined at the end. */
  next(): Promise<Piece | undefined> {
    this.moves++;
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#kept -= piece.length;
      this.#onTaken?.();
      return Promise.resolve(piece);
    }
    if (this.#end !== undefined) return settle(this.#end);
    const reader = Promise.withResolvers<Piece | undefined>();
    this.#readers.push(reader);
    return reader.promise;
  }

  async #run(read: () => Promise<Piece | undefined>): Promise<void> {
    try {
      for (let piece = await read(); piece !== undefined; piece = await read()) {
        this.moves++;
        this.#keep(piece);
        while (this.isFull && this.#onExcess === undefined) await this.#taken();
        if (this.isFull) this.#onExcess?.();
      }
      this.#end = {};
    } catch (error) {
      this.#end = { error };
    }
    for (const reader of this.#readers) reader.resolve(settle(this.#end));
  }

  #keep(piece: Piece): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve(piece);
    this.#pieces.push(piece);
    this.#kept += piece.length;
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => this.#onTaken = resolve);
  }
}

function settle(end: { readonly error?: unknown }): Promise<undefined> {
  return "error" in end ? Promise.reject(end.error) : Promise.resolve(undefined);
}
