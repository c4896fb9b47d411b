import type { RouteConfig } from "../config/route/route_config.ts";
import { Connection } from "./connection.ts";
import { ConnectionCounts } from "./connection_counts.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";
import { decoderFor } from "./decoder.ts";
import { dial, type DialOptions } from "./dial.ts";
import { BadResponse, ClientDisconnected, NoDescriptors, UpstreamHungUp, UpstreamTimeout } from "./errors.ts";
import { Pool } from "./pool.ts";
import { RequestBody } from "./request_body.ts";
import { serializeRequestHead } from "./request_head.ts";
import { type BodyOutcome, ResponseBody } from "./response_body.ts";
import { keepAliveMs, persists, responseFraming } from "./response_framing.ts";
import { parseResponseHead, type ResponseHead } from "./response_head.ts";
import type { HttpResponse, Transport, UpstreamRequest, UpstreamResponse } from "./transport.ts";

/** Where requests go, and how long a connection and the head of a response may take. */
export type TransportTarget = Pick<RouteConfig, "upstream" | "connectTimeoutMs" | "responseTimeoutMs">;

/** What the transports of a process share, and how they connect. */
export interface TransportOptions extends DialOptions {
  readonly deadlines: Deadlines;
  /** Counts the connections; a transport that replaces this one may go on with it. */
  readonly counts?: ConnectionCounts;
  /** Whether new connections may be opened; by default always. */
  readonly mayConnect?: () => boolean;
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** An upstream that goes on sending interim responses never responds. RFC 9110, section 15.2, sets no number. */
const INTERIM_LIMIT = 64;

/** HTTP/1.1 over connections of its own. */
export class Http1Transport implements Transport {
  readonly #target: TransportTarget;
  readonly #dialOptions: DialOptions;
  readonly #deadlines: Deadlines;
  readonly #counts: ConnectionCounts;
  readonly #mayConnect: () => boolean;
  readonly #pool = new Pool();

  constructor(target: TransportTarget, options: TransportOptions) {
    this.#target = target;
    this.#dialOptions = options;
    this.#deadlines = options.deadlines;
    this.#counts = options.counts ?? new ConnectionCounts();
    this.#mayConnect = options.mayConnect ?? (() => true);
  }

  /**
   * Sends a request and reads the head of the response.
   *
   * A request is sent again at most once, and only if the connection was a reused one, no byte of a response came, the
   * method is idempotent, and no body was consumed: otherwise the upstream might act twice.
   */
  async roundTrip(request: UpstreamRequest): Promise<UpstreamResponse> {
    const idle = this.#pool.take();
    if (idle !== undefined) {
      this.#counts.reused++;
      try {
        return await this.#attempt(idle, request, true);
      } catch (error) {
        const resend = error instanceof UpstreamHungUp && IDEMPOTENT.has(request.method) &&
          request.body === null;
        if (!resend) throw error;
      }
    }
    return await this.#attempt(await this.#connect(request), request, false);
  }

  close(): void {
    this.#pool.close();
  }

  async #connect(request: UpstreamRequest): Promise<Connection> {
    if (!this.#mayConnect()) throw new NoDescriptors("The last file descriptors are kept for the operator");
    const attempt = new AbortController();
    const { upstream, connectTimeoutMs } = this.#target;
    const deadline = new Deadline(connectTimeoutMs, request.isClientGone, () => attempt.abort());
    this.#deadlines.add(deadline);
    try {
      const socket = await dial(upstream, this.#dialOptions, attempt.signal);
      return new Connection(socket, this.#counts.open());
    } catch (error) {
      throw reasonFor(deadline, error);
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  async #attempt(
    connection: Connection,
    request: UpstreamRequest,
    reused: boolean,
  ): Promise<UpstreamResponse> {
    const body = request.body === null ? undefined : new RequestBody(request.body);
    const deadline = new Deadline(this.#target.responseTimeoutMs, request.isClientGone, () => {
      connection.close();
    });
    this.#deadlines.add(deadline);
    try {
      await writeHead(connection, request);
      body?.send(connection, request.framing, (bytes) => {
        deadline.refresh();
        request.onBodySent(bytes);
      });
      const head = await readResponseHead(connection, request.upgrade === true);
      if (head.status === 101) return { kind: "protocol_change", head, connection, reused };
      return this.#response(connection, body, { method: request.method, head, reused });
    } catch (error) {
      body?.stop();
      connection.close();
      throw body?.failure === undefined
        ? reasonFor(deadline, error)
        : new ClientDisconnected("The client's content was cut short", { cause: body.failure });
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  /** Makes a response whose end gives the connection back to the pool, or closes it. */
  #response(
    connection: Connection,
    requestBody: RequestBody | undefined,
    { method, head, reused }: { method: string; head: ResponseHead; reused: boolean },
  ): HttpResponse {
    const framing = responseFraming(method, head);
    const early = requestBody !== undefined && !requestBody.done;
    // An error response refuses the rest of the content as well.
    if (head.status >= 400) requestBody?.stop();
    const onEnd = (outcome: BodyOutcome) => {
      const sent = requestBody === undefined || requestBody.done;
      if (outcome === "complete" && sent && persists(head, framing)) {
        this.#pool.put(connection, keepAliveMs(head));
        return;
      }
      // After a response that breaks off, only this ends the client's connection before the client has sent everything.
      if (outcome === "aborted") requestBody?.abandon();
      else requestBody?.stop();
      connection.close();
    };
    const body = new ResponseBody(connection, decoderFor(framing), onEnd);
    if (!early) return { kind: "response", head, framing, body, reused };
    return { kind: "response", head, framing, body, reused, uploadSettled: () => requestBody.settled() };
  }
}

async function writeHead(connection: Connection, request: UpstreamRequest): Promise<void> {
  try {
    await connection.writeHead(serializeRequestHead(request));
  } catch (error) {
    throw new UpstreamHungUp("The connection was closed before the request was sent", { cause: error });
  }
}

/**
 * Reads the head of the final response. Interim ones are skipped (RFC 9110, section 15.2), but for a 101 that was
 * asked for.
 */
async function readResponseHead(connection: Connection, upgrade: boolean): Promise<ResponseHead> {
  for (let interim = 0; interim < INTERIM_LIMIT; interim++) {
    let text: string | undefined;
    try {
      text = await connection.readHead();
    } catch (error) {
      if (error instanceof BadResponse) throw error;
      if (interim > 0 || connection.buffered.length > 0) {
        throw new BadResponse("connection broke within a head", { cause: error });
      }
      throw new UpstreamHungUp("The connection broke before a response came", { cause: error });
    }
    if (text === undefined) {
      if (interim === 0) throw new UpstreamHungUp("The connection ended before a response came");
      throw new BadResponse("connection closed after an interim response");
    }
    const head = parseResponseHead(text);
    if (head.status >= 200) return head;
    if (head.status === 101) {
      if (upgrade) return head;
      throw new BadResponse("unrequested protocol change");
    }
  }
  throw new BadResponse("too many interim responses");
}

/** A deadline that has ended an exchange says more than the error that followed from it. */
function reasonFor(deadline: Deadline, error: unknown): unknown {
  switch (deadline.ended) {
    case "timeout":
      return new UpstreamTimeout("The upstream did not respond in time", { cause: error });
    case "disconnected":
      return new ClientDisconnected("The client disconnected", { cause: error });
    default:
      return error;
  }
}
