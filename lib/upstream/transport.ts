import type { RouteConfig } from "../config/route/route_config.ts";
import type { RequestFraming, ResponseFraming } from "../http/framing.ts";
import { Connection } from "./connection.ts";
import { ConnectionCounts } from "./connection_counts.ts";
import { ResponseBody } from "./response_body.ts";
import { decoderFor } from "./decoder.ts";
import { dial, type DialOptions } from "./dial.ts";
import { persists, responseFraming } from "./response_framing.ts";
import { Pool } from "./pool.ts";
import { BadResponse, ClientDisconnected, UpstreamHungUp, UpstreamTimeout } from "./errors.ts";
import { parseResponseHead, type ResponseHead } from "./response_head.ts";
import { RequestBody } from "./request_body.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";

/** What goes to the upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** From the request line to the empty line, a character a byte. */
  readonly head: string;
  readonly framing: RequestFraming;
  readonly content: ReadableStream<Uint8Array> | null;
  /** Is told how many bytes of the content have gone out. */
  sent(bytes: number): void;
  /** Whether the agent has left. */
  gone(): boolean;
}

/** What came back. */
export interface UpstreamResponse {
  readonly head: ResponseHead;
  readonly framing: ResponseFraming;
  /** To be read to its end or cancelled: until then it holds the connection. */
  readonly content: ResponseBody;
  /** Whether the connection had served before. */
  readonly reused: boolean;
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** A peer that sends these without end never comes to an answer. RFC 9110, section 15.2, sets no number. */
const INTERIM_LIMIT = 64;

/** The leg from here to one route's upstream. */
export class Http1Transport {
  readonly #route: RouteConfig;
  readonly #options: DialOptions;
  readonly #waits: Deadlines;
  readonly #counts: ConnectionCounts;
  readonly #pool = new Pool();

  /** @param counts Where this leg's connections are counted; a leg that takes its place may count on. */
  constructor(route: RouteConfig, options: DialOptions, waits: Deadlines, counts = new ConnectionCounts()) {
    this.#route = route;
    this.#options = options;
    this.#waits = waits;
    this.#counts = counts;
  }

  /**
   * Sends a request and reads the head of the response.
   *
   * It is sent again at most once, and only if the connection was a reused one, no byte of a response came, the method
   * is idempotent, and there was no content to consume: otherwise the upstream might act twice.
   */
  async roundTrip(request: UpstreamRequest): Promise<UpstreamResponse> {
    const idle = this.#pool.take();
    if (idle !== undefined) {
      this.#counts.reused++;
      try {
        return await this.#attempt(idle, request, true);
      } catch (error) {
        const again = error instanceof UpstreamHungUp && IDEMPOTENT.has(request.method) &&
          request.content === null;
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
    const wait = new Deadline(this.#route.connectTimeoutMs, request.gone, () => attempt.abort());
    this.#waits.add(wait);
    try {
      const socket = await dial(this.#route.upstream, this.#options, attempt.signal);
      return new Connection(socket, this.#counts.open());
    } catch (error) {
      throw reasonFor(wait, error);
    } finally {
      this.#waits.delete(wait);
    }
  }

  async #attempt(
    connection: Connection,
    request: UpstreamRequest,
    reused: boolean,
  ): Promise<UpstreamResponse> {
    const upload = request.content === null ? undefined : new RequestBody(request.content);
    const wait = new Deadline(this.#route.responseTimeoutMs, request.gone, () => connection.close());
    this.#waits.add(wait);
    try {
      await send(connection, request, upload, wait);
      const head = await readResponseHead(connection);
      const framing = responseFraming(request.method, head);
      // An answer that says no says so to the rest of the content as well.
      if (head.status >= 400) upload?.stop();
      const end = (outcome: "whole" | "broken", clean = false) => {
        const uploaded = upload === undefined || upload.done;
        if (outcome === "whole" && clean && uploaded && persists(head, framing)) {
          this.#pool.put(connection);
          return;
        }
        upload?.stop();
        connection.close();
      };
      return { head, framing, content: new ResponseBody(connection, decoderFor(framing), end), reused };
    } catch (error) {
      upload?.stop();
      connection.close();
      throw upload?.failure === undefined
        ? reasonFor(wait, error)
        : new ClientDisconnected("The agent's content broke off", { cause: upload.failure });
    } finally {
      this.#waits.delete(wait);
    }
  }
}

/** Sends the head, and begins to send the content: the answer may come before its end. */
async function send(
  connection: Connection,
  request: UpstreamRequest,
  upload: RequestBody | undefined,
  wait: Deadline,
): Promise<void> {
  try {
    await connection.writeHead(request.head);
  } catch (error) {
    throw new UpstreamHungUp("The connection was closed before the request was sent", { cause: error });
  }
  upload?.send(connection, request.framing, (bytes) => {
    wait.refresh();
    request.sent(bytes);
  });
}

/** The head of the final response; the interim ones are read past: RFC 9110, section 15.2. */
async function readResponseHead(connection: Connection): Promise<ResponseHead> {
  for (let interim = 0; interim < INTERIM_LIMIT; interim++) {
    let text: string | undefined;
    try {
      text = await connection.readHead();
    } catch (error) {
      if (interim > 0 || error instanceof BadResponse || connection.buffered.length > 0) throw error;
      throw new UpstreamHungUp("The connection broke before a response came", { cause: error });
    }
    if (text === undefined) {
      if (interim === 0) throw new UpstreamHungUp("The connection ended before a response came");
      throw new BadResponse("a connection that ended after an interim response");
    }
    const head = parseResponseHead(text);
    if (head.status >= 200) return head;
    // Nobody asked for a change of protocol.
    if (head.status === 101) throw new BadResponse("a change of protocol");
  }
  throw new BadResponse("interim responses without end");
}

/** What ended a wait says more than the error that it led to. */
function reasonFor(wait: Deadline, error: unknown): unknown {
  switch (wait.ended) {
    case "timeout":
      return new UpstreamTimeout("The upstream did not answer in time", { cause: error });
    case "gone":
      return new ClientDisconnected("The agent left", { cause: error });
    default:
      return error;
  }
}
