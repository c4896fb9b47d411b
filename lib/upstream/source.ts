/** Content, as it comes. */
export interface Source {
  /** Whether all of it has been handed on. */
  readonly done: boolean;
  /** The next bytes, at least one, or undefined at the end. Only one call at a time. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Gives the rest up. */
  cancel(): void;
}

/** Content whose first bytes have been looked at. */
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
