/**
 * Listens for SIGHUP, which requests a reload of the configuration.
 *
 * @returns A function that reports whether the signal was received since its last call.
 */
export function onSighup(): () => boolean {
  let received = false;
  Deno.addSignalListener("SIGHUP", () => received = true);
  return () => {
    const result = received;
    received = false;
    return result;
  };
}
