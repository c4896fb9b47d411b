/** The length, in bytes, up to which a message is not counted. */
const SMALL_MESSAGE = 256 * 1024;

/** Reports whether a message of this length, in bytes, is counted. */
export function isLarge(length: number): boolean {
  return length > SMALL_MESSAGE;
}

/**
 * A limit on the memory of large messages across all connections: each of them may be as long as the limit of one, and a
 * message can be passed on only once it is complete.
 */
export class MessageBudget {
  readonly #limit: number;
  #taken = 0;

  /** @param limit In bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a number of bytes. @returns Whether there were as many left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    this.#taken += bytes;
    return true;
  }

  /** Gives back what was taken, in bytes. */
  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
