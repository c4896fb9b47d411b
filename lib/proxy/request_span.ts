import type { RequestLimiter } from "../clients/request_limiter.ts";
import type { Member, UnorderedSet } from "../core/unordered_set.ts";
import type { LogEntry, Outcome, RequestLog } from "../log/request_log.ts";
import type { TokenHealth } from "../tokens/token_health.ts";
import type { ClientIdentity } from "./client.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import type { Route } from "./route.ts";
import type { Holder, WebSocketHolder } from "./unseen_input.ts";

/** The request was ended by the proxy while it was in flight. */
export class RequestCut extends Error {
  override readonly name = "RequestCut";
}

/** Why the proxy ended a request: its client was revoked, or the memory was used up. */
type CutReason = Extract<Outcome, "revoked" | "overloaded">;

/** What all spans share. */
export interface SpanOwner {
  readonly log: RequestLog;
  readonly limiter: InFlightLimiter;
  /** The spans that are in flight. */
  readonly spans: UnorderedSet<RequestSpan>;
}

/** One request from arrival to end: it owns the log entry and counts against the limit of requests in flight. */
export class RequestSpan implements Member, Holder {
  readonly entry: LogEntry;
  index = -1;
  readonly #log: RequestLog;
  readonly #limiter: InFlightLimiter;
  readonly #spans: UnorderedSet<RequestSpan>;
  /** What the request counts against, besides the limit of all. */
  #routeLimiter: RequestLimiter | undefined;
  #clientLimiter: RequestLimiter | undefined;
  #tokenHealth: TokenHealth | undefined;
  #identity: ClientIdentity;
  #cutReason: CutReason | undefined;
  /** The client's side of the WebSocket that the request has become. */
  #socket: WebSocketHolder | undefined;
  /** Ends what is in progress. */
  #cut: (() => void) | undefined;
  #ended = false;

  constructor(entry: LogEntry, { log, limiter, spans }: SpanOwner) {
    this.entry = entry;
    this.#spans = spans;
    this.#log = log;
    this.#limiter = limiter;
  }

  /** Who sent the request; undefined if clients are not distinguished. */
  get identity(): ClientIdentity {
    return this.#identity;
  }

  /** Why the proxy has ended the request, if it has: nothing more may be sent for it, or to its client. */
  get cutReason(): CutReason | undefined {
    return this.#cutReason;
  }

  /** Ends the request now, unless it has ended: another one may have its connection by then. */
  cut(reason: CutReason): void {
    if (this.#ended) return;
    this.#cutReason = reason;
    this.#cut?.();
  }

  /** Sets how the request is ended at once if it is cut, in place of what was set before. */
  onCut(cut: () => void): void {
    this.#cut = cut;
    if (this.#cutReason !== undefined) cut();
  }

  /** Checks that the request has not been cut meanwhile. @throws {RequestCut} If it has. */
  assertNotCut(): void {
    if (this.#cutReason !== undefined) throw new RequestCut(this.#cutReason);
  }

  /** Records that the request has become a WebSocket. */
  upgraded(client: WebSocketHolder): void {
    this.#socket = client;
  }

  /** The runtime does not end the connection after a response to HEAD, whatever becomes of its content. */
  get needsClosing(): boolean {
    return this.entry.method === "HEAD";
  }

  get began(): number {
    return this.entry.began;
  }

  get isWebSocket(): boolean {
    return this.#socket !== undefined;
  }

  get lastMessage(): number {
    return this.#socket?.lastMessage ?? -Infinity;
  }

  get unsent(): number {
    return this.#socket?.unsent ?? 0;
  }

  get received(): number {
    return this.#socket?.received ?? 0;
  }

  kill(): void {
    if (this.#socket !== undefined) this.#socket.kill();
    else this.cut("overloaded");
  }

  /** Records who sent the request. */
  identified(identity: ClientIdentity): void {
    this.#identity = identity;
    if (identity === undefined) return;
    this.entry.clientName = identity.client.config.name;
    this.entry.subject = identity.subject;
    this.entry.pod = identity.pod;
  }

  /** Records the route in the log entry. */
  matched({ name, config }: Route): void {
    this.entry.route = name;
    this.entry.upstream = config.upstream.authority;
  }

  /**
   * Counts the request as in flight until the span ends.
   *
   * @throws {Refusal} `rate_limited` or `overloaded` if there are too many.
   */
  acquire(route: RequestLimiter, client: RequestLimiter | undefined): void {
    const now = this.entry.began;
    client?.assertWithin(now);
    route.assertWithin(now);
    this.#limiter.acquire();
    route.acquire(now);
    client?.acquire(now);
    this.#spans.add(this);
    this.#routeLimiter = route;
    this.#clientLimiter = client;
  }

  /** Records that the request is sent, with the route's token of this moment. */
  sending({ token, tokenHealth }: Route): void {
    this.entry.token = token.label ?? token.describe();
    this.#tokenHealth = tokenHealth;
  }

  /** Ends and logs the request. Later calls have no effect: a stream that is cancelled during a read ends twice. */
  end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#routeLimiter !== undefined) {
      this.#limiter.release();
      this.#routeLimiter.release();
      this.#clientLimiter?.release();
    }
    this.#spans.delete(this);
    const { status, error } = this.entry;
    if (error === undefined && status > 0) this.#tokenHealth?.record(status);
    this.#log.end(this.entry, this.#cutReason ?? outcome);
  }
}
