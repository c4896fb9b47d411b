/** Content that is read piece by piece as it arrives. */
export interface Source {
  /** Whether all of it has been read. */
  readonly done: boolean;
  /** Reads the next bytes, at least one, or undefined at the end. Only one call may be pending. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Gives up the rest. */
  cancel(): void;
}

/** A source whose first bytes were read ahead and are put back in front of the rest. */
export class Resumed implements Source {
  #first: Uint8Array<ArrayBuffer> | undefined;
  readonly #rest: Source;

  constructor(first: Uint8Array<ArrayBuffer> | undefined, rest: Source) {
    this.#first = first;
    this.#rest = rest;
  }

  get done(): boolean {
    return this.#first === undefined && this.#rest.done;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const first = this.#first;
    if (first === undefined) return this.#rest.next();
    this.#first = undefined;
    return Promise.resolve(first);
  }

  cancel(): void {
    this.#rest.cancel();
  }
}
