/**
 * Programs beside the tests that start others: what they have started ends with them, however they end.
 *
 * @module
 */

/** Exit statuses as a shell counts them: 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does work that ends early when a signal comes, and in either case disposes of what it has held.
 *
 * @param work Gives the exit status.
 * @returns The work's exit status, or the signal's.
 */
export async function untilSignal(work: (held: Resources) => Promise<number>): Promise<number> {
  const signalled = Promise.withResolvers<number>();
  const listeners = Object.entries(SIGNALS).map(([name, status]) => {
    const listener = () => signalled.resolve(status);
    Deno.addSignalListener(name as Deno.Signal, listener);
    return () => Deno.removeSignalListener(name as Deno.Signal, listener);
  });
  try {
    await using held = new Resources();
    return await Promise.race([work(held), signalled.promise]);
  } finally {
    for (const remove of listeners) remove();
  }
}

/** What was started, ended in the opposite order. */
export class Resources implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  /** Takes care of something from the moment its start begins, since a signal may come in the middle of it. */
  use<Resource extends AsyncDisposable>(starting: Promise<Resource>): Promise<Resource> {
    this.#stack.defer(async () => {
      const resource = await starting.catch(() => undefined);
      await resource?.[Symbol.asyncDispose]();
    });
    return starting;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#stack.disposeAsync();
  }
}
