import { Refusal } from "../http/refusal.ts";

/** A counter of the requests in flight that limits their number. */
export class InFlightLimiter {
  /** The maximum number of requests in flight. */
  readonly limit: number;
  #inFlight = 0;
  #draining = false;
  readonly #drainBegun = Promise.withResolvers<void>();
  #idle: (() => void) | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The current number of requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether new requests are rejected. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Resolves when new requests begin to be rejected. */
  get drainBegun(): Promise<void> {
    return this.#drainBegun.promise;
  }

  /** Rejects new requests; resolves once those in flight have finished. */
  drain(): Promise<void> {
    this.#draining = true;
    this.#drainBegun.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#resolveIfIdle();
    });
  }

  /** Checks that new requests are accepted. @throws {Refusal} `draining` if the service is shutting down. */
  assertAccepting(): void {
    if (this.#draining) throw new Refusal("draining");
  }

  /** Counts a request as in flight until {@linkcode release}. @throws {Refusal} `overloaded` if the limit is reached. */
  acquire(): void {
    if (this.#inFlight >= this.limit) throw new Refusal("overloaded");
    this.#inFlight++;
  }

  /** Counts a request as finished. */
  release(): void {
    this.#inFlight--;
    this.#resolveIfIdle();
  }

  #resolveIfIdle(): void {
    if (this.#inFlight === 0) this.#idle?.();
  }
}
