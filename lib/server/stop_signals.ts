/** SIGTERM as containers and systemd send it, SIGINT as a terminal does: resolves at the first one, and at the second. */
export function stopSignals(): { first: Promise<void>; second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let signals = 0;
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(name, () => (++signals === 1 ? first : second).resolve());
  }
  return { first: first.promise, second: second.promise };
}
