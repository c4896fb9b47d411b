/** How long a test waits for something that should happen at once, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Resolves with the promise, or rejects with what did not happen in time, so that no test hangs.
 *
 * @example
 * ```ts
 * import { within } from "./within.ts";
 *
 * await within(Promise.resolve(), "The upstream connection's end");
 * ```
 * @throws {Error} after `ms` milliseconds; a function for `what` is called then
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
