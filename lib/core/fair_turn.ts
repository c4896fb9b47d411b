/** How long pieces are handled before others get a turn, in milliseconds. */
const SHARE = 1;

/** When the turn was asked for, or the last one began, on the clock of `performance.now()`. */
let since = 0;
let next: Promise<void> | undefined;

/**
 * Returns a promise to await before another piece of content is handled, if others have to get a turn first; usually
 * undefined.
 *
 * As long as bytes are at hand, the runtime completes reads and writes among the microtasks, and the event loop does not
 * get on to other connections, new clients and timers. So whatever a peer can make go on and on asks here, once per piece.
 *
 * @param now The time, on the clock of `performance.now()`.
 */
export function fairTurn(now: number): Promise<void> | undefined {
  if (now - since < SHARE) return undefined;
  if (next !== undefined) return next;
  // The last turn may have begun long ago, so the share of the current one is counted from here.
  since = now;
  next = new Promise((resolve) =>
    setImmediate(() => {
      since = performance.now();
      next = undefined;
      resolve();
    })
  );
  return undefined;
}
