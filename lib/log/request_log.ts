import { hostPort } from "../http/host.ts";
import type { RefusalCode } from "../http/refusal.ts";

/** The log entry of one request. Contains no query, no content, and no field values except those that identify requests and clients. */
export interface LogEntry {
  /** The request's identifier in this log and in the proxy's own responses. */
  readonly id: string;
  /** The request's number since the service started, with which its identifier ends. */
  readonly number: number;
  /** When the request arrived, in milliseconds since 1970. */
  readonly time: number;
  /** The same time on a monotonic clock, in milliseconds, for durations. */
  readonly began: number;
  readonly method: string;
  /** The client's connection and identifiers, if any sink logs them. */
  readonly client: ClientInfo | undefined;
  /** The client's name in the table; undefined if clients are not distinguished, or it was not authenticated. */
  clientName: string | undefined;
  /** With a token of an issuer: its subject. */
  subject: string | undefined;
  /** With a token of a Kubernetes cluster: the pod that it was issued for. */
  pod: string | undefined;
  /** The path without the query; empty if the target was not a path. */
  path: string;
  /** The route's prefix or host. */
  route: string | undefined;
  /** The upstream's host, and its port unless it is the scheme's default. */
  upstream: string | undefined;
  /** The name of the token that was sent, and how often it was replaced: `GITHUB_TOKEN#2`. */
  token: string | undefined;
  status: number;
  /** The code of the refusal, if the proxy itself responded. */
  error: RefusalCode | undefined;
  /** The cause of the refusal, for the operator only. */
  cause: string | undefined;
  /** What passed on a WebSocket; undefined for any other request. */
  webSocket: WebSocketCounts | undefined;
  /** Whether the connection to the upstream had served a request before. */
  reused: boolean | undefined;
  /** The upstream's own identifier of the request, if any sink logs it. */
  upstreamRequestId: string | undefined;
  /** How many secrets were masked in the response. */
  masked: number;
  /** Bytes of content sent to the upstream. */
  bytesUp: number;
  /** Bytes of content sent to the client. */
  bytesDown: number;
  /** The time from the request to the response head, in milliseconds; undefined if there was none. */
  firstByteMs: number | undefined;
  /** The time from the request to the end of the response, in milliseconds. */
  durationMs: number;
  /** How the response ended. */
  outcome: Outcome;
}

/** What is logged of a WebSocket besides the bytes of its messages. */
export interface WebSocketCounts {
  /** Messages sent to the upstream. */
  messagesUp: number;
  /** Messages sent to the client. */
  messagesDown: number;
  /** The code with which it was closed: 1005 if there was none, 1006 if one side was lost; undefined while it is open. */
  closeCode: number | undefined;
}

/**
 * How a response ended: complete, aborted by either side, or by the proxy because of what its content holds, because its
 * client was revoked, or because the memory was used up.
 */
export type Outcome =
  | "complete"
  | "upstream_aborted"
  | "client_aborted"
  | "withheld"
  | "revoked"
  | "overloaded";

/** What is logged of a client: its address, and how it identifies its session and request. */
export interface ClientInfo {
  /** `host:port`, or `unix` for a client on the Unix socket. */
  readonly address: string;
  /** Claude Code's `X-Claude-Code-Session-Id`. */
  readonly session: string | undefined;
  /** `X-Request-Id`: the client's own identifier of the request. */
  readonly requestId: string | undefined;
  /** `User-Agent`: RFC 9110, section 10.1.5. */
  readonly userAgent: string | undefined;
}

/** Writes an entry somewhere. */
export type Sink = (entry: LogEntry) => void;

/** The log of all requests, which passes every entry to each of its sinks. */
export class RequestLog {
  readonly #sinks: Sink[];
  readonly #logsClient: boolean;
  /** Makes identifiers unique across processes. */
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  #count = 0;

  /** @param logsClient Whether any sink logs the client, which takes time to look up. */
  constructor(sinks: readonly Sink[], logsClient = false) {
    this.#sinks = [...sinks];
    this.#logsClient = logsClient;
  }

  /** Adds a sink for all entries from now on. */
  addSink(sink: Sink): void {
    this.#sinks.push(sink);
  }

  /** Returns the entry of a request that has just arrived. */
  begin(
    request: { readonly method: string; readonly headers: Pick<Headers, "get"> },
    info: Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr">,
  ): LogEntry {
    const number = ++this.#count;
    return {
      id: `${this.#prefix}-${number}`,
      number,
      time: Date.now(),
      began: performance.now(),
      method: request.method,
      client: this.#logsClient ? clientOf(request.headers, info.remoteAddr) : undefined,
      clientName: undefined,
      subject: undefined,
      pod: undefined,
      path: "",
      route: undefined,
      upstream: undefined,
      token: undefined,
      status: 0,
      error: undefined,
      cause: undefined,
      webSocket: undefined,
      reused: undefined,
      upstreamRequestId: undefined,
      masked: 0,
      bytesUp: 0,
      bytesDown: 0,
      firstByteMs: undefined,
      durationMs: 0,
      outcome: "complete",
    };
  }

  /** Completes an entry and passes it to the sinks. */
  end(entry: LogEntry, outcome: Outcome): void {
    entry.outcome = outcome;
    entry.durationMs = performance.now() - entry.began;
    for (const sink of this.#sinks) sink(entry);
  }
}

function clientOf(fields: Pick<Headers, "get">, address: Deno.Addr): ClientInfo {
  return {
    address: "hostname" in address ? hostPort(address.hostname, address.port) : "unix",
    session: truncated(fields.get("x-claude-code-session-id")),
    requestId: truncated(fields.get("x-request-id")),
    userAgent: truncated(fields.get("user-agent")),
  };
}

/** The maximum number of characters that are logged of an identifier: the client chooses its length. */
const IDENTIFIER_LIMIT = 128;

/** The fields in which services identify a request, in the order in which they are looked for. */
const REQUEST_ID_FIELDS = [
  "request-id",
  "x-request-id",
  "x-github-request-id",
  "x-amzn-requestid",
  "x-amz-request-id",
  "x-ms-request-id",
  "cf-ray",
];

/**
 * Returns an upstream's own identifier of a request.
 *
 * @param fields The fields of the response, with all secrets masked.
 */
export function upstreamRequestId(fields: Pick<Headers, "get">): string | undefined {
  for (const name of REQUEST_ID_FIELDS) {
    const value = fields.get(name);
    if (value !== null) return truncated(value);
  }
  return undefined;
}

function truncated(value: string | null): string | undefined {
  return value?.slice(0, IDENTIFIER_LIMIT);
}
