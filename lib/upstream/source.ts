import { joinBytes } from "../core/join_bytes.ts";

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

/** How much of an early response is read at most while the upload goes on, in bytes. */
const EARLY_LIMIT = 64 * 1024;

/**
 * Reads a source until its end, a moment or a limit, whichever comes first; in the last case it waits for the moment.
 *
 * @returns What was read, and the rest.
 * @throws What the source or the moment throws. The source is cancelled then.
 */
export async function readEarly(
  source: Source,
  moment: Promise<void>,
): Promise<{ readonly first: Uint8Array<ArrayBuffer>; readonly rest: Source }> {
  const over = moment.then((): typeof OVER => OVER);
  let first: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let pending: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;
  try {
    while (!source.done && first.length < EARLY_LIMIT) {
      pending = source.next();
      const piece = await Promise.race([pending, over]);
      if (piece === OVER) break;
      pending = undefined;
      if (piece === undefined) break;
      first = joinBytes(first, piece);
    }
    if (!source.done) await over;
  } catch (error) {
    source.cancel();
    throw error;
  }
  // Nobody may have waited for it.
  over.catch(() => {});
  return { first, rest: new Pending(pending, source) };
}

/**
 * Reads the first bytes of a source, but waits for them no longer than a time, before and after what the source itself waits
 * for. So a source that fails at once fails here.
 *
 * @param ms In milliseconds.
 * @param turn Returns what the source waits for, if it does; that has a time limit of its own.
 * @returns All of the source.
 * @throws What the source or its wait throws. It is cancelled then.
 */
export async function readFirst(
  source: Source,
  ms: number,
  turn: () => Promise<void> | undefined = () => undefined,
): Promise<Source> {
  const pending = source.next();
  try {
    await settledWithin(pending, ms);
    const waiting = turn();
    if (waiting !== undefined) {
      await waiting;
      await settledWithin(pending, ms);
    }
    return new Pending(pending, source);
  } catch (error) {
    source.cancel();
    throw error;
  }
}

/** Waits for something, but no longer than a time, in milliseconds. @throws What it throws until then. */
async function settledWithin(
  pending: Promise<unknown>,
  ms: number,
): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([pending, over]);
  } finally {
    clearTimeout(timer);
  }
}

const OVER: unique symbol = Symbol();

/** A source of which a read may be pending, whose failure somebody has waited for already. */
class Pending implements Source {
  #pending: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;
  readonly #rest: Source;

  constructor(pending: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined, rest: Source) {
    this.#pending = pending;
    this.#rest = rest;
  }

  get done(): boolean {
    return this.#pending === undefined && this.#rest.done;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const pending = this.#pending ?? this.#rest.next();
    this.#pending = undefined;
    return pending;
  }

  cancel(): void {
    this.#rest.cancel();
  }
}
