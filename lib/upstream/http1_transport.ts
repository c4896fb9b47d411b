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
import { UnfinishedUploads } from "./unfinished_uploads.ts";

/** Where requests go, and how long a connection and the head of a response may take. */
export type TransportTarget = Pick<RouteConfig, "upstream" | "connectTimeoutMs" | "responseTimeoutMs">;

/** What the transports of a process share, and how they connect. */
export interface TransportOptions extends DialOptions {
  readonly deadlines: Deadlines;
  /** Counts the connections; a transport that replaces this one may go on with it. */
  readonly counts?: ConnectionCounts;
  /** Counts the uploads that go on while their response is streamed; by default those of one transport. */
  readonly unfinishedUploads?: UnfinishedUploads;
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
  readonly #unfinishedUploads: UnfinishedUploads;
  readonly #mayConnect: () => boolean;
  readonly #pool = new Pool();

  constructor(target: TransportTarget, options: TransportOptions) {
    this.#target = target;
    this.#dialOptions = options;
    this.#deadlines = options.deadlines;
    this.#counts = options.counts ?? new ConnectionCounts();
    this.#unfinishedUploads = options.unfinishedUploads ?? new UnfinishedUploads();
    this.#mayConnect = options.mayConnect ?? (() => true);
  }

  /**
   * Sends a request and reads the head of the response.
   *
   * A request is sent again at most once, and only if the connection was a reused one, no byte of a response came, the
   * method is idempotent, and no body was consumed: otherwise the upstream might act twice.
   */
  roundTrip(request: UpstreamRequest): Promise<UpstreamResponse> {
    const idle = this.#pool.take();
    if (idle === undefined) return this.#onNewConnection(request);
    this.#counts.reused++;
    return this.#attempt(idle, request, true);
  }

  close(): void {
    this.#pool.close();
  }

  async #onNewConnection(request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.#attempt(await this.#connect(request), request, false);
  }

  async #connect(request: UpstreamRequest): Promise<Connection> {
    if (!this.#mayConnect()) throw new NoDescriptors("The last file descriptors are kept for the operator");
    const attempt = new AbortController();
    const { upstream, connectTimeoutMs } = this.#target;
    const abort = () => attempt.abort();
    const deadline = new Deadline(connectTimeoutMs, request.isClientGone, abort);
    this.#deadlines.add(deadline);
    request.onAbortable?.(abort);
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
    const body = request.body === null
      ? undefined
      : new RequestBody(request.body, request.framing, this.#unfinishedUploads);
    const abort = () => connection.close();
    const deadline = new Deadline(this.#target.responseTimeoutMs, request.isClientGone, abort);
    this.#deadlines.add(deadline);
    request.onAbortable?.(abort);
    // One function for all steps: each asynchronous one takes memory and time, which small requests notice.
    try {
      try {
        await connection.writeHead(serializeRequestHead(request));
      } catch (error) {
        throw new UpstreamHungUp("The connection was closed before the request was sent", { cause: error });
      }
      body?.send(connection, request.framing, (bytes) => {
        deadline.refresh();
        request.onBodySent(bytes);
      });
      let head: ResponseHead | undefined;
      for (let interim = 0; head === undefined;) {
        let text = connection.takeHead();
        while (text === undefined) {
          try {
            if (await connection.fill() === 0) throw endWithoutHead(connection, interim);
          } catch (error) {
            throw interim > 0 || connection.bufferedLength > 0 ? error : hungUp(error);
          }
          text = connection.takeHead();
        }
        head = finalHead(text, { upgrade: request.upgrade === true, interim: interim++ });
      }
      if (head.status === 101) return { kind: "protocol_change", head, connection, reused };
      return this.#response(connection, body, { method: request.method, head, reused });
    } catch (error) {
      connection.close();
      if (body !== undefined) await giveUp(body, request);
      const reason = body?.failure === undefined
        ? reasonFor(deadline, error)
        : new ClientDisconnected("The client's content was cut short", { cause: body.failure });
      if (reused && reason instanceof UpstreamHungUp && isResendable(request)) {
        return this.#onNewConnection(request);
      }
      throw reason;
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
      requestBody?.stop();
      connection.close();
    };
    const body = new ResponseBody(connection, decoderFor(framing), onEnd);
    return { kind: "response", head, framing, body, reused, ...(early && { upload: requestBody }) };
  }
}

/** Gives up content after a failure. A client that waits for a response may go on first. */
async function giveUp(body: RequestBody, request: UpstreamRequest): Promise<void> {
  if (body.isRead || !request.isContentUnwanted?.()) return body.stop();
  // Before there is a response, so that the runtime ends the connection of a client that goes on against the protocol.
  await body.abandon();
  request.onContentAbandoned?.();
}

/** Reports whether the upstream may get a request twice. */
function isResendable({ method, body }: UpstreamRequest): boolean {
  return IDEMPOTENT.has(method) && body === null;
}

/** Returns the error of a connection that ended before the head of a final response. */
function endWithoutHead({ bufferedLength }: Connection, interim: number): Error {
  if (bufferedLength > 0) return new BadResponse("connection closed within a head");
  return interim === 0
    ? new UpstreamHungUp("The connection ended before a response came")
    : new BadResponse("connection closed after an interim response");
}

/** Returns the error of a connection of which nothing came. */
function hungUp(error: unknown): Error {
  if (error instanceof UpstreamHungUp) return error;
  return new UpstreamHungUp("The connection broke before a response came", { cause: error });
}

/**
 * Parses a head. Interim responses are skipped (RFC 9110, section 15.2), but for a 101 that was asked for.
 *
 * @param interim How many interim responses came before.
 * @returns The head of a final response or of a 101; undefined for another interim response.
 * @throws {BadResponse} If it is not valid, or one too many.
 */
function finalHead(
  text: string,
  { upgrade, interim }: { upgrade: boolean; interim: number },
): ResponseHead | undefined {
  const head = parseResponseHead(text);
  if (head.status >= 200) return head;
  if (head.status === 101) {
    if (upgrade) return head;
    throw new BadResponse("unrequested protocol change");
  }
  if (interim + 1 === INTERIM_LIMIT) throw new BadResponse("too many interim responses");
  return undefined;
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
