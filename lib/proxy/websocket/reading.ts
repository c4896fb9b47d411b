/** Stops and resumes the reading of a WebSocket. */
export interface Reading {
  /** Stops after the current message. Must be called while its event is dispatched. */
  pause(): void;
  /** Reads on. */
  resume(): void;
}

/** How often a paused connection is kept from being taken for a dead one, in milliseconds. */
const KEEP_ALIVE = 10_000;

/** The runtime's own parts of a WebSocket, found by their descriptions. */
type Inner = Record<symbol, unknown>;

/**
 * Returns control over when a WebSocket of the runtime reads, or undefined if this version of it offers none.
 *
 * The runtime reads a client's messages as fast as they arrive, so a client that sends faster than its upstream takes
 * would fill the memory. There is no public way to stop it. It reads in a loop that ends once the socket's state is
 * `CLOSED`, which it looks at after each message: so that state is set while a message is dispatched, and taken back as
 * soon as the loop has ended. To read on, the loop is started again.
 */
export function readingOf(socket: WebSocket): Reading | undefined {
  const inner = socket as unknown as Inner;
  const state = symbolOf(socket, "[[readyState]]");
  const loop = symbolOf(WebSocket.prototype, "[[eventLoop]]");
  const refresh = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
  if (state === undefined || loop === undefined || refresh === undefined) return undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    pause() {
      if (timer !== undefined || inner[state] !== WebSocket.OPEN) return;
      inner[state] = WebSocket.CLOSED;
      queueMicrotask(() => inner[state] = WebSocket.OPEN);
      timer = setInterval(() => (socket as unknown as Record<symbol, () => void>)[refresh]!(), KEEP_ALIVE);
    },
    resume() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      (socket as unknown as Record<symbol, () => Promise<void>>)[loop]!();
    },
  };
}

function symbolOf(target: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(target).find((symbol) => symbol.description === description);
}
