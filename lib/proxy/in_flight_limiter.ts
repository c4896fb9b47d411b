import { Refusal } from "../http/refusal.ts";

/** Counts the requests in flight, and lets no more in than there may be. */
export class InFlightLimiter {
  /** How many there may be. */
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

  /** From now on nobody is let in. Resolves when those who are have left. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#resolveIfIdle();
    });
  }

  /** Refuses while the service is stopping. */
  assertAccepting(): void {
    if (this.#draining) throw new Refusal("draining");
  }

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
