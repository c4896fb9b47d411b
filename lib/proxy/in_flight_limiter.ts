import { Refusal } from "../http/refusal.ts";

/** Counts the requests in flight and limits their number. */
export class InFlightLimiter {
  /** The maximum number of requests in flight. */
  readonly limit: number;
  #inFlight = 0;
  #draining = false;
  #idle: (() => void) | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Rejects new requests; resolves once those in flight have finished. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#resolveIfIdle();
    });
  }

  /** @throws {Refusal} `draining` once the service shuts down. */
  assertAccepting(): void {
    if (this.#draining) throw new Refusal("draining");
  }

  /** @throws {Refusal} `overloaded` where the limit is reached. */
  acquire(): void {
    if (this.#inFlight >= this.limit) throw new Refusal("overloaded");
    this.#inFlight++;
  }

  release(): void {
    this.#inFlight--;
    this.#resolveIfIdle();
  }

  #resolveIfIdle(): void {
    if (this.#inFlight === 0) this.#idle?.();
  }
}
