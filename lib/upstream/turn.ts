/** One wait for something that comes to those who wait in turn. */
export class Turn {
  readonly #come: () => void;
  readonly #fail: (reason: Error) => void;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #leave: () => void;
  /** Resolves when the turn has come; rejects if the time was up before, or the wait was given up. */
  readonly promise: Promise<void>;

  /**
   * @param withinMs How long it may take, in milliseconds.
   * @param tooLate Returns what the wait fails with after that.
   * @param leave Called when the wait ends in another way; later calls of it must have no effect.
   */
  constructor(withinMs: number, tooLate: () => Error, leave: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be looking when it fails.
    promise.catch(() => {});
    this.promise = promise;
    this.#come = resolve;
    this.#fail = reject;
    this.#leave = leave;
    this.#timer = setTimeout(() => this.#end(tooLate()), withinMs);
  }

  /** Ends the wait, since its turn has come. */
  come(): void {
    clearTimeout(this.#timer);
    this.#come();
  }

  /** Ends the wait, since nobody needs it any more. Has no effect once it has ended. */
  giveUp(): void {
    this.#end(new Error("The wait was given up"));
  }

  #end(reason: Error): void {
    clearTimeout(this.#timer);
    this.#fail(reason);
    this.#leave();
  }
}
