/**
 * Listens for SIGTERM, which containers and systemd send, and SIGINT, which a terminal sends.
 *
 * @returns Promises that resolve on the first and on the second signal.
 */
export function stopSignals(): { first: Promise<void>; second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let signals = 0;
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(name, () => (++signals === 1 ? first : second).resolve());
  }
  return { first: first.promise, second: second.promise };
}
