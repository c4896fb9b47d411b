type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How much is asked for at once, in bytes. What is not a chunk's data, its line with extensions or the trailers, must fit into
 * it, or the runtime never gets to its end.
 */
const SIZE = 4 * 1024;

/** In how many reads between two turns of the event loop the runtime takes bytes from the client. */
const TAKING_READS = 128;

/** How much the runtime may hold when all that could be read has been, in bytes. */
const HELD_LIMIT = 320 * 1024;

/** How many microtasks a read takes at most if the runtime holds something: it needs two. */
const MICROTASKS = 8;

/** What is around the data of a small chunk, in bytes: a digit and two line breaks. */
const CHUNK_FRAMING = 5;

/**
 * Reads content that comes in chunks from the runtime, and estimates how much of it the runtime holds.
 *
 * Before each read the runtime takes bytes from the client, as many as were ever asked for at once, whatever it holds
 * already; and a read returns one chunk of the client's at most. So chunks that are shorter pile up, without a limit. Each
 * read moves all of what is held; and when the client leaves, the runtime goes through it chunk by chunk, and serves
 * nobody meanwhile. Only a read that has to wait shows that nothing is left.
 */
export class ContentReads {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #isChunked: boolean;
  /** The read whose result nobody has got, whether it has come to an end, and what it brought. */
  #begun: Promise<unknown> | undefined;
  #isSettled = false;
  #got: Bytes | undefined;
  /** The memory for the next read. */
  #memory: ArrayBuffer | undefined;
  /** How many reads there were since the last turn of the event loop. */
  #reads = 0;
  /** What the runtime holds at most, in bytes. */
  #held = 0;

  constructor(reader: ReadableStreamBYOBReader, isChunked: boolean) {
    this.#reader = reader;
    this.#isChunked = isChunked;
  }

  /** What the runtime holds at most, in bytes, as long as it takes no more than is asked for. */
  get held(): number {
    return this.#held;
  }

  /** Whether that is too much. */
  get isExceeded(): boolean {
    return this.#held > HELD_LIMIT;
  }

  /** Whether a read has begun that has not come to an end. */
  get isWaiting(): boolean {
    return this.#begun !== undefined && !this.#isSettled;
  }

  /** Resolves once no read waits, or after a time. @param ms In milliseconds. */
  async settle(ms: number): Promise<void> {
    if (!this.isWaiting) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([over, this.#begun?.catch(() => {})]);
    clearTimeout(timer);
  }

  /** Is called when the event loop may have had a turn. */
  onTurn(): void {
    this.#reads = 0;
  }

  /** Returns the next piece, or undefined at the end. */
  async next(): Promise<Bytes | undefined> {
    await this.#begin();
    await this.#begun;
    return this.#take();
  }

  /** Returns the next piece if the runtime holds it. Undefined also if it is at the end, or has failed. */
  async atHand(): Promise<Bytes | undefined> {
    await this.#begin();
    return this.#take();
  }

  /** Takes back the memory of a piece for a further read. */
  reuse(memory: ArrayBuffer): void {
    if (memory.byteLength === SIZE) this.#memory = memory;
    else memory.transfer(0);
  }

  /** Frees the memory for further reads. */
  free(): void {
    this.#memory?.transfer(0);
    this.#memory = undefined;
  }

  /** Begins a read, if none is under way, and resolves once it has a result, or will have to wait for one. */
  async #begin(): Promise<void> {
    if (this.#begun === undefined) {
      const memory = this.#memory ?? new ArrayBuffer(SIZE);
      this.#memory = undefined;
      // Content without chunks is returned as it was taken.
      if (this.#isChunked && this.#reads++ < TAKING_READS) this.#held += SIZE;
      this.#isSettled = false;
      const begun = this.#reader.read(new Uint8Array(memory));
      begun.then(this.#onRead, this.#onFailure);
      this.#begun = begun;
    }
    for (let count = 0; count < MICROTASKS && !this.#isSettled; count++) await undefined;
    // Nothing is at hand, or will be.
    if (this.#got === undefined) this.#held = this.#isSettled ? 0 : SIZE;
  }

  readonly #onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void => {
    this.#isSettled = true;
    if (!done) this.#got = value as Bytes;
  };

  readonly #onFailure = (): void => {
    this.#isSettled = true;
  };

  #take(): Bytes | undefined {
    const piece = this.#got;
    // The end and a failure are left to the call that waits for a piece.
    if (piece === undefined) return undefined;
    this.#begun = this.#got = undefined;
    const { length } = piece;
    this.#held = Math.max(0, this.#held - length - (length < SIZE ? CHUNK_FRAMING : 0));
    return piece;
  }
}
