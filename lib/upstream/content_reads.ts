type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How much is asked for at once, in bytes: at first, and once there has been a chunk that is longer. What is not a chunk's data,
 * its line with extensions or the trailers, must fit into it, or the runtime never gets to its end.
 */
const FIRST_SIZE = 4 * 1024;
const MAX_SIZE = 8 * 1024;

/** In how many reads between two turns of the event loop the runtime takes bytes from the client. */
const TAKING_READS = 128;

/** How much the runtime may have to move when it drops what it holds, in bytes: it takes about a quarter of a second for that. */
const MOVED_LIMIT = 8e9;

/** Over how many pieces the mean of their lengths is taken, roughly. */
const MEAN_OF = 64;

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
  /** How much to ask for, in bytes: never less than before, since that would not have the runtime take less. */
  #size = FIRST_SIZE;
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
  /** The mean length of the last pieces, in bytes. */
  #meanLength = FIRST_SIZE;

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  /** What the runtime holds at most, in bytes. */
  get held(): number {
    return this.#held;
  }

  /** Whether that is too much for the sizes of the client's chunks. */
  get isExceeded(): boolean {
    const chunks = this.#held / (this.#meanLength + CHUNK_FRAMING);
    // All that is left is moved twice for each chunk, and on average that is a half of it.
    return chunks * this.#held > MOVED_LIMIT;
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
    this.#memory = memory;
  }

  /** Frees the memory for further reads. */
  free(): void {
    this.#memory?.transfer(0);
    this.#memory = undefined;
  }

  /** Begins a read, if none is under way, and resolves once it has a result, or will have to wait for one. */
  async #begin(): Promise<void> {
    if (this.#begun === undefined) {
      const memory = this.#memory ?? new ArrayBuffer(MAX_SIZE);
      this.#memory = undefined;
      if (this.#reads++ < TAKING_READS) this.#held += this.#size;
      this.#isSettled = false;
      const begun = this.#reader.read(new Uint8Array(memory, 0, this.#size));
      begun.then(this.#onRead, this.#onFailure);
      this.#begun = begun;
    }
    for (let count = 0; count < MICROTASKS && !this.#isSettled; count++) await undefined;
    // Nothing is at hand, or will be.
    if (this.#got === undefined) this.#held = this.#isSettled ? 0 : this.#size;
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
    // The end and a failure stay, for whoever waits for a piece.
    if (piece === undefined) return undefined;
    this.#begun = this.#got = undefined;
    const { length } = piece;
    const isPart = length === this.#size;
    this.#held = Math.max(0, this.#held - length - (isPart ? 0 : CHUNK_FRAMING));
    this.#meanLength += (length - this.#meanLength) / MEAN_OF;
    if (isPart) this.#size = MAX_SIZE;
    return piece;
  }
}
