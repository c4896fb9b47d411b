import { hostPort } from "../http/host.ts";
import type { RefusalCode } from "../http/refusal.ts";

/** The log entry of one request. It holds no query, no content, and no field values but two that name the request. */
export interface LogEntry {
  /** Names the request in this log, and in a refusal that the client got. */
  readonly id: string;
  /** When the request arrived, in milliseconds since 1970. */
  readonly time: number;
  /** The same on a monotonic clock, for durations, in milliseconds. */
  readonly began: number;
  readonly method: string;
  /** Who the client is, if any sink logs it. */
  readonly client: ClientInfo | undefined;
  /** Without the query; empty if the target was not a path. */
  path: string;
  /** The route's prefix or host. */
  route: string | undefined;
  /** The upstream's host, and its port where it is not the scheme's own. */
  upstream: string | undefined;
  status: number;
  /** The code of the proxy's own refusal, if it was one. */
  error: RefusalCode | undefined;
  /** What caused the refusal: for the operator only. */
  cause: string | undefined;
  /** Whether the connection to the upstream had served a request before. */
  reused: boolean | undefined;
  /** Bytes of content sent to the upstream. */
  bytesUp: number;
  /** Bytes of content sent to the client. */
  bytesDown: number;
  /** From the request to the head of the response, in milliseconds; undefined: there was none. */
  firstByteMs: number | undefined;
  /** From the request to the end of the response, in milliseconds. */
  durationMs: number;
  /** How the response ended. */
  outcome: Outcome;
}

export type Outcome = "complete" | "upstream_aborted" | "client_aborted";

/** Who a client is, as far as its connection and its fields say. */
export interface ClientInfo {
  /** `host:port`, or `unix` for a client of the socket. */
  readonly address: string;
  /** Claude Code's `X-Claude-Code-Session-Id`. */
  readonly session: string | undefined;
  /** `X-Request-Id`: the client's own name for the request. */
  readonly requestId: string | undefined;
}

/** Where entries go. */
export type Sink = (entry: LogEntry) => void;

/** Logs every request: the one place through which all entries pass. */
export class RequestLog {
  readonly #sinks: Sink[];
  readonly #logsClient: boolean;
  /** Names of requests must differ between processes. */
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  #count = 0;

  /** @param logsClient Whether any sink logs who the client is: finding out costs time. */
  constructor(sinks: readonly Sink[], logsClient = false) {
    this.#sinks = [...sinks];
    this.#logsClient = logsClient;
  }

  addSink(sink: Sink): void {
    this.#sinks.push(sink);
  }

  begin(
    request: Pick<Request, "method" | "headers">,
    info: Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr">,
  ): LogEntry {
    return {
      id: `${this.#prefix}-${++this.#count}`,
      time: Date.now(),
      began: performance.now(),
      method: request.method,
      client: this.#logsClient ? clientOf(request.headers, info.remoteAddr) : undefined,
      path: "",
      route: undefined,
      upstream: undefined,
      status: 0,
      error: undefined,
      cause: undefined,
      reused: undefined,
      bytesUp: 0,
      bytesDown: 0,
      firstByteMs: undefined,
      durationMs: 0,
      outcome: "complete",
    };
  }

  end(entry: LogEntry, outcome: Outcome): void {
    entry.outcome = outcome;
    entry.durationMs = performance.now() - entry.began;
    for (const sink of this.#sinks) sink(entry);
  }
}

function clientOf(fields: Headers, address: Deno.Addr): ClientInfo {
  return {
    address: "hostname" in address ? hostPort(address.hostname, address.port) : "unix",
    session: truncated(fields.get("x-claude-code-session-id")),
    requestId: truncated(fields.get("x-request-id")),
  };
}

/** A client may name a request at any length; the log need not. */
const NAME_LIMIT = 128;

function truncated(value: string | null): string | undefined {
  return value?.slice(0, NAME_LIMIT);
}
