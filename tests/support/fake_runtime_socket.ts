const STATE = Symbol("[[readyState]]");
const RESOURCE = Symbol("[[rid]]");
const IDLE_TIMER = Symbol("[[idleTimeoutTimeout]]");
const [LOOP, REFRESH] = ["[[eventLoop]]", "[[serverHandleIdleTimeout]]"].map((
  name,
) => Object.getOwnPropertySymbols(WebSocket.prototype).find(({ description }) => description === name)!) as [
  symbol,
  symbol,
];

/** A WebSocket of the runtime, as far as `ClientSocket` and `controlOf()` use one, whose client does what a test says. */
export class FakeRuntimeSocket extends EventTarget {
  [STATE]: number = WebSocket.CONNECTING;
  /** Of nothing that is open. */
  [RESOURCE] = 1_000_000;
  [IDLE_TIMER]: unknown = null;
  binaryType = "blob";
  /** What the client has not taken, in bytes. A test sets it lower. */
  unsent = 0;
  /** The messages that were sent: bytes by their length. */
  readonly sent: (string | number)[] = [];
  /** What `close()` was called with. */
  readonly closings: unknown[][] = [];
  /** How often reading began again. */
  loops = 0;
  /** How often the time of silence began again. */
  refreshed = 0;

  get readyState(): number {
    return this[STATE];
  }

  set readyState(state: number) {
    this[STATE] = state;
  }

  /** As the runtime has it: nothing to be seen, unless the connection is open. */
  get bufferedAmount(): number {
    return this[STATE] === WebSocket.OPEN ? this.unsent : 0;
  }

  /** The runtime's timer for the client's silence. */
  set idleTimer(timer: unknown) {
    this[IDLE_TIMER] = timer;
  }

  /** What the connection is to the runtime. */
  set resource(resource: unknown) {
    (this as Record<symbol, unknown>)[RESOURCE] = resource;
  }

  send(data: string | Uint8Array): void {
    if (this[STATE] !== WebSocket.OPEN) return;
    this.sent.push(typeof data === "string" ? data : data.length);
    this.unsent += data.length;
  }

  close(...args: unknown[]): void {
    this.closings.push(args);
    this[STATE] = WebSocket.CLOSING;
  }

  [LOOP](): void {
    this.loops++;
  }

  [REFRESH](): void {
    this.refreshed++;
  }

  /** The connection is established. */
  open(): void {
    this[STATE] = WebSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** A message of the client, or an empty one of so many bytes. */
  receive(data: string | number): void {
    this.dispatchEvent(
      new MessageEvent("message", { data: typeof data === "string" ? data : new ArrayBuffer(data) }),
    );
  }

  /** A frame of the client, of any kind. */
  frame(): void {
    (this as unknown as Record<symbol, () => void>)[REFRESH]!();
  }

  /** The connection has ended. */
  end(how: { code?: number; reason?: string; wasClean?: boolean } = {}): void {
    this[STATE] = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code: 1006, ...how }));
  }

  /** The connection has failed. @returns Whether the runtime would report an uncaught error. */
  fail(): boolean {
    return this.dispatchEvent(new Event("error", { cancelable: true }));
  }
}
