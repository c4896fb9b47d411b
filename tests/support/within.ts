/** How long a test waits for something that should come at once, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * The promise's outcome, or a rejection that says what did not come; so no test hangs.
 *
 * @example
 * ```ts
 * import { within } from "./within.ts";
 *
 * await within(Promise.resolve(), "The upstream connection's end");
 * ```
 * @throws {Error} after `ms` milliseconds; a function for `what` is asked then
 */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  ms: number = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${typeof what === "string" ? what : what()}: not within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
