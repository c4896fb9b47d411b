/**
 * For programs that start others: what they have started is stopped with them, however they end.
 *
 * @module
 */

/** Exit statuses as in a shell: 128 plus the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs work until it ends or a signal arrives, and then disposes of its resources.
 *
 * @param work Returns the exit status.
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

/** What was started, disposed of in reverse order. */
export class Resources implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  /** Registers a resource before its start has completed, since a signal may arrive in between. */
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
