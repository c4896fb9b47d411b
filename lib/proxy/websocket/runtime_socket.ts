/**
 * What a relay needs of the runtime's WebSocket and the runtime does not offer: to stop reading, to let others have a turn,
 * and to end a connection at once. Private parts of the runtime are used for it, found by their names. With a version of
 * the runtime that lacks them, no WebSockets are served: a client could fill the memory by them.
 *
 * @module
 */

/** Control over a WebSocket of the runtime. */
export interface SocketControl {
  /** Stops reading after the current message. Must be called while its event is dispatched. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Whether reading is being stopped: until the microtasks that are queued have run, the socket drops what is to be sent. */
  readonly isStopping: boolean;
  /**
   * Must be called after the socket's own `close`. By itself the runtime then ends the connection with the next message of
   * the client, which would lose the close frame; so it reads on until the client has answered.
   */
  closing(): void;
  /** Ends the connection at once. Its events follow. */
  kill(): void;
  /**
   * Must be called once the connection has ended. The timer for its silence would otherwise hold the socket, and all that its
   * listeners refer to, for up to half a ping interval: the runtime stops it only after a closing handshake.
   */
  ended(): void;
}

/** After how many frames others get a turn. */
const FRAMES_PER_TURN = 256;

/**
 * Which part of its silence a connection is allowed may pass before a frame renews it: to do so costs a fifth of what the
 * runtime needs for a short message. So a ping may come that much earlier.
 */
const RENEWAL = 1 / 8;

/** A state of our own: the runtime reads in it, but does not send. */
const ANSWER_AWAITED = 4;

type Inner = Record<symbol, unknown>;
type Methods = Record<symbol, () => unknown>;

/** What is private to the runtime. */
interface Internals {
  /** The name of the method that reads messages. */
  readonly loop: symbol;
  /** The name of the method that is called for each message and pong. */
  readonly refresh: symbol;
  /** The runtime's own way to close what it holds. */
  readonly closeResource: (resource: number) => void;
  /** Stops a timer of the runtime's own, which `clearTimeout` does not; what that would free is freed later without it. */
  readonly cancelTimer: ((timer: object) => void) | undefined;
}

interface Core {
  readonly core?: Partial<{
    tryClose: Internals["closeResource"];
    cancelTimer: Internals["cancelTimer"];
  }>;
}

/** Undefined until they are looked for; null: this version of the runtime lacks some. */
let internals: Internals | null | undefined;

/** Reports whether this version of the runtime has what is needed, as far as is known before there is a socket. */
export function hasControl(): boolean {
  return findInternals() !== null;
}

/** Not when the module is loaded: a start without WebSockets then takes the runtime 3 ms less. */
function findInternals(): Internals | null {
  if (internals !== undefined) return internals;
  const loop = symbolOf(WebSocket.prototype, "[[eventLoop]]");
  const refresh = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
  const { tryClose: closeResource, cancelTimer } = (Deno as unknown as Record<symbol, Core | undefined>)[
    (Deno as unknown as { internal: symbol }).internal
  ]?.core ?? {};
  const isComplete = loop !== undefined && refresh !== undefined && closeResource !== undefined;
  return internals = isComplete ? { loop, refresh, closeResource, cancelTimer } : null;
}

/** This version of the runtime lacks what is needed. */
export class NoControl extends Error {
  override readonly name = "NoControl";
}

/**
 * Returns control over a socket.
 *
 * The runtime reads a client's messages as fast as they arrive, in a loop that ends once the socket's state is `CLOSED`,
 * which it looks at after each frame. So that state is set while a frame is handled, and taken back as soon as the loop has
 * ended; to read on, the loop is started again.
 *
 * @param pingMs After how much silence the runtime sends a ping, in milliseconds.
 * @throws {NoControl} If this version of the runtime offers none. {@linkcode hasControl} says so from then on.
 */
export function controlOf(socket: WebSocket, pingMs: number): SocketControl {
  const state = symbolOf(socket, "[[readyState]]");
  const resource = symbolOf(socket, "[[rid]]");
  const found = findInternals();
  if (found === null || state === undefined || resource === undefined) {
    internals = null;
    throw new NoControl("This version of the runtime lets no one control a WebSocket");
  }
  const { loop, refresh, closeResource, cancelTimer } = found;
  const idleTimer = symbolOf(socket, "[[idleTimeoutTimeout]]");
  const inner = socket as unknown as Inner;
  const methods = socket as unknown as Methods;
  const refreshTimer = methods[refresh]!;
  let paused = false;
  /** Whether the loop has been stopped only for a turn. */
  let resting = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let frames = 0;
  let renewed = -Infinity;
  let killed = false;
  let ended = false;
  let isStopping = false;

  function stop(): boolean {
    const before = inner[state as symbol];
    if (before !== WebSocket.OPEN && before !== ANSWER_AWAITED) return false;
    inner[state as symbol] = WebSocket.CLOSED;
    isStopping = true;
    queueMicrotask(() => {
      isStopping = false;
      if (!killed) inner[state as symbol] = before;
    });
    return true;
  }

  /** Lets the time of silence begin again. */
  function renew(): void {
    renewed = performance.now();
    refreshTimer.call(socket);
  }

  methods[refresh] = () => {
    if (ended) return;
    if (performance.now() - renewed >= RENEWAL * pingMs) renew();
    // While a client's frames are at hand, the loop never leaves the microtasks: nobody else would be served.
    if (++frames % FRAMES_PER_TURN !== 0 || paused || resting || !stop()) return;
    resting = true;
    setImmediate(() => {
      resting = false;
      if (!paused) methods[loop]!();
    });
  };

  return {
    get isStopping() {
      return isStopping;
    },
    pause() {
      if (paused || (!resting && !stop())) return;
      paused = true;
      // Otherwise it would be taken for a dead one.
      timer = setInterval(renew, pingMs / 2);
    },
    resume() {
      if (!paused) return;
      paused = false;
      clearInterval(timer);
      if (!resting) methods[loop]!();
    },
    closing() {
      if (inner[state] === WebSocket.CLOSING) inner[state] = ANSWER_AWAITED;
    },
    kill() {
      const id = inner[resource];
      const isClosed = inner[state] === WebSocket.CLOSED && !isStopping;
      if (killed || isClosed || typeof id !== "number") return;
      killed = true;
      clearInterval(timer);
      // First: to send on a socket whose resource is closed, or to ask what it has not sent, ends the process.
      inner[state] = WebSocket.CLOSED;
      closeResource(id);
    },
    ended() {
      ended = true;
      clearInterval(timer);
      const running = idleTimer === undefined ? undefined : inner[idleTimer];
      if (typeof running === "object" && running !== null) cancelTimer?.(running);
    },
  };
}

function symbolOf(target: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(target).find((symbol) => symbol.description === description);
}
