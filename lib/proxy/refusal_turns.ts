import type { ConnectionInfo } from "./service.ts";

/** How many requests of one connection may be refused in one turn of the event loop. */
const LIMIT = 16;

/** How many requests of all connections may be refused in one turn before that limit is one: some milliseconds' worth. */
const LIMIT_OF_ALL = 64;

/** How long a turn with too many refusals may take before those after HEAD are a reason to close connections, in milliseconds. */
const LONG_TURN = 250;

/** How far apart such closings are, in milliseconds: they interrupt uploads. */
const CLOSING_INTERVAL = 5_000;

/**
 * Finds connections whose client sends requests without waiting for responses, all of which are refused.
 *
 * A refusal needs nothing but the processor, and the runtime handles over a hundred requests of one connection before it
 * gets on to the next connection. With a thousand such connections, others would wait for seconds. To delay their refusals
 * is no way out, since the runtime meanwhile reads on, without a limit. So such a connection is ended.
 */
export class RefusalTurns {
  #host = "";
  #port = -1;
  /** How many requests have been refused in this turn: in a row on the last connection, and on all. */
  #count = 0;
  #total = 0;
  /** When this turn had its first refusal, and when connections were closed last, on the clock of `performance.now()`. */
  #began = 0;
  #closed = -Infinity;

  /**
   * Counts a refusal. On a Unix socket, whose connections can't be told apart, none is ever too many.
   *
   * @returns Whether the connection has had too many in this turn of the event loop.
   */
  isTooMany({ remoteAddr }: ConnectionInfo): boolean {
    if (remoteAddr.transport !== "tcp") return false;
    if (this.#total++ === 0) {
      this.#began = performance.now();
      setImmediate(() => this.#beginTurn());
    }
    const { hostname, port } = remoteAddr;
    if (port !== this.#port || hostname !== this.#host) {
      this.#host = hostname;
      this.#port = port;
      this.#count = 0;
    }
    return ++this.#count > (this.#total > LIMIT_OF_ALL ? 1 : LIMIT);
  }

  /**
   * Reports, after a refusal of HEAD that is one too many, whether connections must be closed for the sake of others. The
   * runtime does not end a connection after a response to HEAD, and the more its client has sent ahead, the longer each
   * request takes.
   */
  mustClose(): boolean {
    const now = performance.now();
    if (now - this.#began < LONG_TURN || now - this.#closed < CLOSING_INTERVAL) return false;
    this.#closed = now;
    return true;
  }

  #beginTurn(): void {
    this.#port = -1;
    this.#total = 0;
  }
}

/** Returns a response that ends its connection: the content has no proper end. (Not after HEAD, which has no content.) */
export function endingConnection(response: Response): Response {
  const failing = new ReadableStream({
    pull(controller) {
      controller.error(new Error("Too many requests at once"));
    },
  }, { highWaterMark: 0 });
  response.headers.delete("content-length");
  response.headers.set("connection", "close");
  return new Response(failing, {
    status: response.status,
    headers: response.headers,
  });
}
