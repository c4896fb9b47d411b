import { hostPort } from "../http/host.ts";
import type { RefusalCode } from "../http/refusal.ts";

/** What is known of one request when it has ended. No query, no content, and no field value but two that name it. */
export interface LogEntry {
  /** Names the request in this log, and in a refusal that the agent got. */
  readonly id: string;
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
  /** The same on a clock that never jumps, for durations. */
  readonly began: number;
  readonly method: string;
  /** Who asked, if any record tells it. */
  readonly client: ClientInfo | undefined;
  /** Without the query; empty if it was not even a path. */
  path: string;
  /** The route's prefix or host. */
  route: string | undefined;
  /** The upstream's host, and its port where it is not the scheme's own. */
  upstream: string | undefined;
  status: number;
  /** The proxy's own refusal, if it was one. */
  error: RefusalCode | undefined;
  /** What was behind it: for the operator only. */
  cause: string | undefined;
  /** Whether the upstream's connection had served before. */
  reused: boolean | undefined;
  /** Bytes of content sent to the upstream. */
  bytesUp: number;
  /** Bytes of content sent to the agent. */
  bytesDown: number;
  /** From the request to the head of the reply, in milliseconds; undefined: there was none. */
  firstByteMs: number | undefined;
  /** From the request to the end of the reply, in milliseconds. */
  durationMs: number;
  /** How the reply ended: whole, broken off by the upstream, or left by the agent. */
  outcome: Outcome;
}

export type Outcome = "complete" | "upstream_aborted" | "client_aborted";

/** Who asked. */
export interface ClientInfo {
  /** `host:port`, or `unix` for whoever came by the socket. */
  readonly address: string;
  /** Claude Code's `X-Claude-Code-Session-Id`. */
  readonly session: string | undefined;
  /** `X-Request-Id`: how the client itself names the request. */
  readonly requestId: string | undefined;
}

/** Where entries go. */
export type Sink = (entry: LogEntry) => void;

/** The one place through which every request's record passes. */
export class RequestLog {
  readonly #sinks: Sink[];
  readonly #logsClient: boolean;
  /** Two processes' names for requests must differ. */
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  #count = 0;

  /** @param logsClient Whether any sink tells who asked: to find out costs time. */
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
    session: shortened(fields.get("x-claude-code-session-id")),
    requestId: shortened(fields.get("x-request-id")),
  };
}

/** What a stranger calls a request may be long; what is written of it need not be. */
const NAME_LIMIT = 128;

function shortened(value: string | null): string | undefined {
  return value?.slice(0, NAME_LIMIT);
}
