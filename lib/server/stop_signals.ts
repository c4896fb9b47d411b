/**
 * How soon after the first signal another one is the same, in milliseconds. On Ctrl-C a terminal signals every process that it
 * runs, and `deno task` then passes its own on: the second comes within a few milliseconds.
 */
const SAME_MS = 500;

/** The requests to stop that a process receives. */
export interface StopSignals {
  /** Resolves on the first signal. */
  readonly first: Promise<void>;
  /** Resolves on the second signal. */
  readonly second: Promise<void>;
  /** Counts as the first signal, unless there was one. */
  stop(): void;
}

/** Listens for SIGTERM, which containers and systemd send, and SIGINT, which a terminal sends. */
export function stopSignals(): StopSignals {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let firstAt: number | undefined;

  function stop(): void {
    firstAt ??= performance.now();
    first.resolve();
  }

  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(name, () => {
      if (firstAt === undefined) stop();
      else if (performance.now() - firstAt > SAME_MS) second.resolve();
    });
  }
  return { first: first.promise, second: second.promise, stop };
}
