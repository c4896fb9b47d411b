import type { Route } from "../config/route.ts";
import type { RequestFraming } from "../http/request_head.ts";
import { bytesOf, Connection } from "./connection.ts";
import { Content } from "./content.ts";
import { decoderFor } from "./decoder.ts";
import { dial, type DialOptions } from "./dial.ts";
import { persists, responseFraming } from "./framing.ts";
import { Pool } from "./pool.ts";
import { BadResponse, parseResponseHead, type ResponseHead } from "./response_head.ts";
import { Upload } from "./upload.ts";
import type { Wait, Waits } from "./waits.ts";

/** What goes to the upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** From the request line to the empty line, a character a byte. */
  readonly head: string;
  readonly framing: RequestFraming;
  readonly content: ReadableStream<Uint8Array> | null;
  /** Whether the agent has left. */
  gone(): boolean;
}

/** What came back. */
export interface Reply {
  readonly head: ResponseHead;
  /** To be read to its end or cancelled: until then it holds the connection. */
  readonly content: Content;
  /** Whether the connection had served before. */
  readonly reused: boolean;
}

/** Not connected, or no head, in time. */
export class UpstreamTimeout extends Error {
  override readonly name = "UpstreamTimeout";
}

/** The agent left before there was an answer. */
export class AgentGone extends Error {
  override readonly name = "AgentGone";
}

/** The upstream had hung up: not a byte of a response came. */
class HungUp extends Error {
  override readonly name = "HungUp";
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** A peer that sends these without end never comes to an answer. RFC 9110, section 15.2, sets no number. */
const INTERIM_LIMIT = 64;

/** The leg from here to one route's upstream. */
export class Leg {
  readonly #route: Route;
  readonly #options: DialOptions;
  readonly #waits: Waits;
  readonly #pool = new Pool();

  constructor(route: Route, options: DialOptions, waits: Waits) {
    this.#route = route;
    this.#options = options;
    this.#waits = waits;
  }

  /**
   * Sends a request and reads the head of the response.
   *
   * It is sent again at most once, and only if the connection was a reused one, no byte of a response came, the method
   * is idempotent, and there was no content to consume: otherwise the upstream might act twice.
   */
  async exchange(request: UpstreamRequest): Promise<Reply> {
    const idle = this.#pool.take();
    if (idle !== undefined) {
      try {
        return await this.#attempt(idle, request, true);
      } catch (error) {
        const again = error instanceof HungUp && IDEMPOTENT.has(request.method) && request.content === null;
        if (!again) throw error;
      }
    }
    return await this.#attempt(await this.#connect(request), request, false);
  }

  /** Closes the idle connections, and those in use when their exchange ends. */
  close(): void {
    this.#pool.close();
  }

  async #connect(request: UpstreamRequest): Promise<Connection> {
    const attempt = new AbortController();
    return await this.#waiting(
      request,
      this.#route.connectTimeoutMs,
      () => attempt.abort(),
      async () => new Connection(await dial(this.#route.upstream, this.#options, attempt.signal)),
    );
  }

  async #attempt(connection: Connection, request: UpstreamRequest, reused: boolean): Promise<Reply> {
    const upload = request.content === null ? undefined : new Upload(request.content);
    try {
      const head = await this.#waiting(
        request,
        this.#route.responseTimeoutMs,
        () => connection.close(),
        (wait) => this.#headOf(connection, request, upload, wait),
      );
      const framing = responseFraming(request.method, head);
      // An answer that says no says so to the rest of the content as well.
      if (head.status >= 400) upload?.stop();
      const end = (outcome: "whole" | "broken", clean = false) => {
        const uploaded = upload === undefined || upload.done;
        if (outcome === "whole" && clean && uploaded && persists(head, framing)) {
          return this.#pool.put(connection);
        }
        upload?.stop();
        connection.close();
      };
      return { head, content: new Content(connection, decoderFor(framing), end), reused };
    } catch (error) {
      upload?.stop();
      connection.close();
      throw upload?.failure === undefined
        ? error
        : new AgentGone("The agent's content broke off", { cause: upload.failure });
    }
  }

  async #headOf(
    connection: Connection,
    request: UpstreamRequest,
    upload: Upload | undefined,
    wait: Wait,
  ): Promise<ResponseHead> {
    const progress = () => wait.deadline = performance.now() + this.#route.responseTimeoutMs;
    try {
      await connection.write(bytesOf(request.head));
    } catch (error) {
      throw new HungUp("The connection was closed before the request was sent", { cause: error });
    }
    upload?.send(connection, request.framing, progress);
    for (let interim = 0; interim < INTERIM_LIMIT; interim++) {
      const text = await readHead(connection, interim === 0);
      const head = parseResponseHead(text);
      // RFC 9110, section 15.2. Nobody asked for a change of protocol.
      if (head.status >= 200) return head;
      if (head.status === 101) throw new BadResponse("a change of protocol");
    }
    throw new BadResponse("interim responses without end");
  }

  /** Does something that ends when it takes too long or the agent leaves. */
  async #waiting<Value>(
    request: UpstreamRequest,
    timeout: number,
    abandon: () => void,
    work: (wait: Wait) => Promise<Value>,
  ): Promise<Value> {
    let ended: "timeout" | "gone" | undefined;
    const wait: Wait = {
      deadline: performance.now() + timeout,
      gone: request.gone,
      end(why) {
        ended = why;
        abandon();
      },
    };
    this.#waits.add(wait);
    try {
      return await work(wait);
    } catch (error) {
      if (ended === "timeout") {
        throw new UpstreamTimeout("The upstream did not answer in time", { cause: error });
      }
      if (ended === "gone") throw new AgentGone("The agent left", { cause: error });
      throw error;
    } finally {
      this.#waits.delete(wait);
    }
  }
}

/** @param first Whether not a byte of a response can have come before. */
async function readHead(connection: Connection, first: boolean): Promise<string> {
  let text: string | undefined;
  try {
    text = await connection.readHead();
  } catch (error) {
    if (!first || error instanceof BadResponse || connection.arrived.length > 0) throw error;
    throw new HungUp("The connection broke before a response came", { cause: error });
  }
  if (text !== undefined) return text;
  if (first) throw new HungUp("The connection ended before a response came");
  throw new BadResponse("a connection that ended after an interim response");
}
