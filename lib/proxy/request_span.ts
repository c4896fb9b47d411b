import type { RequestLimiter } from "../clients/request_limiter.ts";
import type { Member, UnorderedSet } from "../core/unordered_set.ts";
import type { LogEntry, Outcome, RequestLog } from "../log/request_log.ts";
import type { TokenHealth } from "../tokens/token_health.ts";
import type { ClientIdentity } from "./client.ts";
import type { InFlightLimiter } from "./in_flight_limiter.ts";
import type { Route } from "./route.ts";

const NOTHING: readonly never[] = [];

/** The client was revoked while its request was in flight. */
export class ClientRevoked extends Error {
  override readonly name = "ClientRevoked";
}

/** What all spans share. */
export interface SpanOwner {
  readonly log: RequestLog;
  readonly limiter: InFlightLimiter;
  /** The spans that are in flight. */
  readonly spans: UnorderedSet<RequestSpan>;
}

/** One request from arrival to end: it owns the log entry and counts against the limit of requests in flight. */
export class RequestSpan implements Member {
  readonly entry: LogEntry;
  index = -1;
  readonly #log: RequestLog;
  readonly #limiter: InFlightLimiter;
  readonly #spans: UnorderedSet<RequestSpan>;
  /** What the request counts against. */
  #acquired: readonly { release(): void }[] = NOTHING;
  #tokenHealth: TokenHealth | undefined;
  #identity: ClientIdentity;
  #revoked = false;
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

  /** Whether the client has been revoked: nothing more may be sent for it, or to it. */
  get revoked(): boolean {
    return this.#revoked;
  }

  /** Ends the request now, since its client is not served any more. */
  revoke(): void {
    this.#revoked = true;
    this.#cut?.();
  }

  /** Sets how the request is ended at once if its client is revoked, in place of what was set before. */
  onRevoked(cut: () => void): void {
    this.#cut = cut;
    if (this.#revoked) cut();
  }

  /** Checks that the client has not been revoked meanwhile. @throws {ClientRevoked} If it has. */
  assertNotRevoked(): void {
    if (this.#revoked) throw new ClientRevoked(`The client ${this.entry.clientName} was revoked`);
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
    this.#acquired = client === undefined ? [this.#limiter, route] : [this.#limiter, route, client];
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
    for (const limiter of this.#acquired) limiter.release();
    this.#spans.delete(this);
    const { status, error } = this.entry;
    if (error === undefined && status > 0) this.#tokenHealth?.record(status);
    this.#log.end(this.entry, this.#revoked ? "revoked" : outcome);
  }
}
