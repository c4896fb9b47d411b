/** The client's side of a WebSocket, for which the runtime may hold input. */
export interface WebSocketHolder {
  /** When the client's last message was complete, on the clock of `performance.now()`; -Infinity if none was. */
  readonly lastMessage: number;
  /** How much it has not sent yet of what is for the client, in bytes. */
  readonly unsent: number;
  /** How much the client has sent of late in messages that are complete, in bytes. */
  readonly received: number;
  /** Ends the connection at once, and frees what it holds. */
  kill(): void;
}

/** A request in flight, which may have become a WebSocket. */
export interface Holder extends WebSocketHolder {
  /** When it began, on the clock of `performance.now()`. */
  readonly began: number;
  /** Whether it has become a WebSocket. */
  readonly isWebSocket?: boolean;
  /** Whether its connection ends only if idle connections are closed first. */
  readonly needsClosing?: boolean;
}

/** The process's memory, in bytes. */
export interface MemoryUse {
  readonly rss: number;
  readonly heapTotal: number;
  readonly external: number;
}

/** What {@linkcode UnseenInput} works on. */
export interface UnseenInputOptions {
  /** Returns those that may hold input. */
  readonly holders: () => Iterable<Holder>;
  /** Closes all connections without a request in flight, and the others after their response. */
  readonly closeIdle: () => void;
  /** Is called when the memory has grown, and nothing makes it smaller. */
  readonly onStuck?: () => void;
  /** Returns how much decoders take of it at the moment, in bytes. */
  readonly decoders?: () => number;
  /** Reports what was done to the operator. */
  readonly report: (line: string) => void;
  readonly memoryUse?: () => MemoryUse;
}

/** How much all unseen input may take, in bytes: one of the longest messages of a WebSocket, and half of another. */
const LIMIT = 96 * 1024 * 1024;

/**
 * What a request in flight may take of it otherwise, in bytes: two connections, one of them with TLS. It is measured, and
 * most of it stays with the process afterwards.
 */
const EACH = 96 * 1024;

/**
 * How much the runtime may have read ahead of a WebSocket's client that sends faster than the service reads, in bytes: twice
 * what the kernel receives ahead. It keeps that memory until the connection ends.
 */
const READ_AHEAD = 16 * 1024 * 1024;

/** By how much the usual memory may rise because of those that have sent much before, in bytes. */
const RAISE_LIMIT = 256 * 1024 * 1024;

/** By how much the usual memory may grow from one look to the next, in bytes: what grows so slowly is no attack. */
const DRIFT = 3 * 1024;

/**
 * By how much it grows from one look to the next if WebSockets are to blame, in bytes. The runtime reads the fragments of
 * their messages with hardly a pause, a hundred megabytes and more between two looks. So there is no time to find out
 * which ones it is. What clients send ahead of a response comes more slowly, from fifty of them too.
 */
const FLOOD = 24 * 1024 * 1024;

/** How often the memory is looked at, in milliseconds. */
const INTERVAL = 50;

/** How long connections get to free their memory before the next ones are ended, in milliseconds; and idle ones. */
const FREEING = 50;
const CLOSING = 500;

/** The pause between two looks meanwhile, in milliseconds. */
const PAUSE = 5;

/** How much of the growth is left at least when all that was done counts as of no use. */
const USELESS = 0.9;

/** By how much each round of connections is larger than the one before: many who are not to blame take little time. */
const ROUND_GROWTH = 4;

/**
 * A limit on the memory of what clients have sent and the runtime keeps out of sight, without a limit of its own: fragments
 * of a WebSocket's message that has no end, heads of requests that have none, and what a client sends while the response to
 * its last request is still to come.
 *
 * What can be seen is the memory of the whole process. When that part of it grows that belongs to neither heap nor buffers,
 * requests in flight are ended with their connections, the newest first, until it has shrunk; if it grows faster than
 * anything but fragments makes it, all WebSockets at once before that. WebSockets whose client has
 * completed a message since the growth began are spared: it is not theirs. Of those that have sent much, some of it is taken
 * for read ahead: at most as much as was sent in whole messages, so that what others hide behind that can't be more than what
 * it costs itself. If all that does not help, the connections
 * without a request are closed.
 */
export class UnseenInput {
  readonly #options: UnseenInputOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** How much it had grown at the last look, in bytes. */
  #lastGrowth = 0;
  /** What was there without unseen input, in bytes. */
  #usual = Infinity;
  /** When half of the limit was last not exceeded, on the clock of `performance.now()`. */
  #lastFine = performance.now();
  #freeing = false;
  /** How much may have been read ahead at the last look, in bytes. */
  #readAhead = 0;
  /** By how much the usual memory is larger because of those that have sent much before, in bytes. */
  #raised = 0;
  /** The most requests that have been in flight at once. */
  #most = 0;
  /** The most that decoders have taken, in bytes: the allocator may keep it. */
  #mostDecoders = 0;

  constructor(options: UnseenInputOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), INTERVAL);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#freeing) return;
    const growth = this.#growth();
    const lastGrowth = this.#lastGrowth;
    this.#lastGrowth = growth;
    this.#usual += Math.max(0, Math.min(growth, DRIFT));
    if (growth <= this.#limit) return;
    this.#freeing = true;
    const suspects = [...this.#options.holders()]
      .filter(({ lastMessage }) => lastMessage <= this.#lastFine)
      .sort((left, right) => right.began - left.began);
    const { length } = suspects;
    let closed = false;
    let size = 1;
    for (let before = lastGrowth; suspects.length > 0; size *= ROUND_GROWTH) {
      const now = this.#growth();
      if (now - before > FLOOD) {
        suspects.sort((left, right) =>
          Number(right.isWebSocket === true) - Number(left.isWebSocket === true)
        );
        size = Math.max(size, suspects.filter(({ isWebSocket }) => isWebSocket).length);
      }
      before = now;
      const next = suspects.splice(0, size);
      if (!closed && next.some(({ needsClosing }) => needsClosing)) {
        this.#options.closeIdle();
        closed = true;
      }
      for (const suspect of next) suspect.kill();
      if (await this.#hasShrunk(FREEING)) break;
    }
    const ended = length - suspects.length;
    if (this.#growth() > this.#limit) {
      this.#options.closeIdle();
      closed = true;
      // Thousands may have to be closed.
      const hasShrunk = await this.#hasShrunk(CLOSING);
      const left = this.#growth();
      // What nothing makes smaller does not come from clients, or not from such as are still there. The rest is looked at again.
      if (!hasShrunk && left > USELESS * growth) {
        this.#usual += left;
        this.#options.onStuck?.();
      }
    }
    this.#freeing = false;
    const what = `${ended} request(s) in flight${closed ? ", and closed idle connections" : ""}`;
    this.#options.report(
      `the memory grew by ${
        Math.round(growth / 1e6)
      } MB, as it does when a client sends on and on: ended ${what}`,
    );
  }

  /** How much the memory may grow, in bytes. */
  get #limit(): number {
    return LIMIT + EACH * this.#most + this.#mostDecoders;
  }

  /** Waits until the memory has shrunk, but not for long. */
  async #hasShrunk(within: number): Promise<boolean> {
    // Under a flood, each pause takes many times as long.
    for (const until = performance.now() + within; performance.now() < until;) {
      if (this.#growth() <= this.#limit) return true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return this.#growth() <= this.#limit;
  }

  /**
   * Returns by how much that memory exceeds what is usual that is neither heap nor buffers, nor waits to be taken by a client,
   * nor may be read ahead, in bytes.
   */
  #growth(): number {
    const { holders, memoryUse = Deno.memoryUsage } = this.#options;
    const { rss, heapTotal, external } = memoryUse();
    let unsentByAll = 0;
    let readAhead = 0;
    let count = 0;
    for (const { unsent, received } of holders()) {
      unsentByAll += unsent;
      readAhead += Math.min(received, READ_AHEAD);
      count++;
    }
    this.#most = Math.max(this.#most, count);
    this.#mostDecoders = Math.max(this.#mostDecoders, this.#options.decoders?.() ?? 0);
    // Those that send no more keep that memory, and the allocator keeps some of those that have left.
    const more = Math.min(Math.max(0, this.#readAhead - readAhead), RAISE_LIMIT - this.#raised);
    this.#readAhead = readAhead;
    this.#usual += more;
    this.#raised += more;
    const unexplained = rss - heapTotal - external - unsentByAll;
    if (unexplained < this.#usual) {
      this.#raised = Math.max(0, this.#raised - (this.#usual - unexplained));
      this.#usual = unexplained;
    }
    const growth = unexplained - this.#usual - readAhead;
    if (growth <= this.#limit / 2) this.#lastFine = performance.now();
    return growth;
  }
}
