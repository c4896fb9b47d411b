/**
 * Listens for SIGHUP, which asks a daemon to read its configuration again.
 *
 * @returns A function that says whether the signal came since it was called last.
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
