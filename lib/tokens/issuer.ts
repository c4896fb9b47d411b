import type { TokenEndpoint } from "../config/route/token_from.ts";
import { type Egress, egressFor } from "../config/settings/egress.ts";
import { decodeLatin1 } from "../core/latin1.ts";
import { joinBytes } from "../core/join_bytes.ts";
import { VERSION } from "../core/version.ts";
import { Deadlines } from "../upstream/deadlines.ts";
import { isPermanent } from "../upstream/errors.ts";
import { Http1Transport } from "../upstream/http1_transport.ts";
import type { ResponseBody } from "../upstream/response_body.ts";
import type { HttpResponse, OutgoingField, Transport } from "../upstream/transport.ts";
import { IssuerError } from "./issuer_error.ts";

/** How issuers are reached: as upstreams are. */
export interface IssuerOptions {
  /** Authorities trusted in addition to the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  readonly egress: Egress;
  /** The time limit of an exchange, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A request to an issuer. */
export interface IssuerRequest {
  readonly target: string;
  readonly fields: readonly OutgoingField[];
  /** Without content the request is a GET, otherwise a POST. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** An issuer's response, read to its end. */
export interface IssuerResponse {
  readonly status: number;
  /** The issuer's time, in milliseconds since 1970, if it says so. */
  readonly date: number | undefined;
  /** The time after which it wants to be asked again, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether it refused because there were too many requests, by whichever status. */
  readonly rateLimited: boolean;
  /** The content, which must be UTF-8. */
  readonly text: string;
}

/** The maximum size of a response, in bytes. The longest tokens in use have some 20 KB. */
const RESPONSE_LIMIT = 256 * 1024;

const CONNECT_TIMEOUT_MS = 10_000;
const EXCHANGE_TIMEOUT_MS = 30_000;

/** What issues tokens: a server that is asked rarely, so that no connection is kept. */
export class Issuer {
  readonly #endpoint: TokenEndpoint;
  readonly #options: IssuerOptions;

  constructor(endpoint: TokenEndpoint, options: IssuerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** The host, and the port unless it is the scheme's default. */
  get name(): string {
    return this.#endpoint.upstream.authority;
  }

  /**
   * Sends one request. Redirects are not followed, since it holds credentials.
   *
   * @throws {IssuerError} If there is no response, or it is too slow or too large.
   */
  async ask({ target, fields, body }: IssuerRequest): Promise<IssuerResponse> {
    const { upstream } = this.#endpoint;
    const { caCerts, egress, timeoutMs = EXCHANGE_TIMEOUT_MS } = this.#options;
    const transport = new Http1Transport({
      upstream,
      connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
      responseTimeoutMs: timeoutMs,
    }, { caCerts, egress: egressFor(egress, upstream), deadlines: new Deadlines() });
    try {
      const response = await exchange(transport, {
        target,
        fields: [
          ["host", upstream.authority],
          ["user-agent", `cred-proxy/${VERSION}`],
          ["accept-encoding", "identity"],
          ...fields,
          ...body === undefined ? [] : [["content-length", String(body.length)] as const],
        ],
        ...body && { body },
      });
      return await this.#read(response, timeoutMs);
    } catch (error) {
      if (error instanceof IssuerError) throw error;
      throw new IssuerError(`${this.name} can't be reached`, { cause: error, permanent: isPermanent(error) });
    } finally {
      transport.close();
    }
  }

  async #read({ head, body }: HttpResponse, timeoutMs: number): Promise<IssuerResponse> {
    const field = (name: string) => head.fields.find(([each]) => each === name)?.[1];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new IssuerError(`${this.name} did not finish its response in time`)),
        timeoutMs,
      );
    });
    try {
      const bytes = await Promise.race([this.#readBody(body), late]);
      const date = Date.parse(field("date") ?? "");
      return {
        status: head.status,
        date: Number.isNaN(date) ? undefined : date,
        retryAfterMs: secondsOf(field("retry-after")),
        rateLimited: head.status === 429 ||
          (head.status === 403 &&
            (field("retry-after") !== undefined || field("x-ratelimit-remaining") === "0")),
        text: decode(bytes),
      };
    } finally {
      clearTimeout(timer);
      body.cancel();
    }
  }

  async #readBody(body: ResponseBody): Promise<Uint8Array> {
    let bytes = new Uint8Array();
    for (let piece = await body.next(); piece !== undefined; piece = await body.next()) {
      bytes = joinBytes(bytes, piece);
      if (bytes.length > RESPONSE_LIMIT) {
        throw new IssuerError(`${this.name} sent a response over ${RESPONSE_LIMIT / 1024} KiB`);
      }
    }
    return bytes;
  }
}

async function exchange(
  transport: Transport,
  { target, fields, body }: IssuerRequest,
): Promise<HttpResponse> {
  const response = await transport.roundTrip({
    method: body === undefined ? "GET" : "POST",
    target,
    fields: [...fields],
    framing: body === undefined ? { kind: "none" } : { kind: "length", length: body.length },
    body: body === undefined ? null : new ReadableStream({
      start(controller) {
        if (body.length > 0) controller.enqueue(body);
        controller.close();
      },
    }),
    onBodySent() {},
    // The token is for every request that waits for it, so the end of one of them does not end the exchange.
    isClientGone: () => false,
  });
  if (response.kind === "response") return response;
  response.connection.close();
  throw new IssuerError("the issuer changed the protocol");
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return decodeLatin1(bytes);
  }
}

/** Returns the delay of a Retry-After field in seconds; a date in it is ignored. */
function secondsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}
