/** Counts how often each request reached the upstream, by its id. */
export class DeliveryCounts {
  readonly #counts = new Map<number, number>();
  readonly #doubled = new Set<number>();
  readonly #unnoticed = { GET: 0, POST: 0 };
  #resent = 0;

  /** Counts a request whose head has arrived. */
  countRequest(method: string, id: number): void {
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count === 1) return;
    // Only an idempotent request may be sent again: RFC 9110, section 9.2.2.
    if (method === "POST") this.#doubled.add(id);
    else this.#resent++;
  }

  /** Counts a response that was awaited although the client had disconnected. */
  countUnnoticed(method: string): void {
    this.#unnoticed[method === "GET" ? "GET" : "POST"]++;
  }

  /** The totals. */
  get report(): DeliveryReport {
    return {
      requests: this.#counts.size,
      doubled: this.#doubled.size,
      resent: this.#resent,
      unnoticed: this.#unnoticed,
    };
  }
}

export interface DeliveryReport {
  /** Distinct requests. */
  readonly requests: number;
  /** Requests that are not idempotent and arrived more than once. */
  readonly doubled: number;
  /** Repeated deliveries of idempotent requests. */
  readonly resent: number;
  /** Responses that were awaited although the client had disconnected, by method. */
  readonly unnoticed: { readonly GET: number; readonly POST: number };
}
