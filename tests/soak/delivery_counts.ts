/** How often each request came to the upstream, by its id. */
export class DeliveryCounts {
  readonly #counts = new Map<number, number>();
  readonly #doubled = new Set<number>();
  readonly #unnoticed = { GET: 0, POST: 0 };
  #resent = 0;

  /** A request's head has come. */
  countRequest(method: string, id: number): void {
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count === 1) return;
    // RFC 9110, section 9.2.2.
    if (method === "POST") this.#doubled.add(id);
    else this.#resent++;
  }

  /** An answer was waited for though the client had left. */
  countUnnoticed(method: string): void {
    this.#unnoticed[method === "GET" ? "GET" : "POST"]++;
  }

  /** What it comes to. */
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
  /** How many requests came. */
  readonly requests: number;
  /** How many that are not idempotent came more than once. */
  readonly doubled: number;
  /** How often an idempotent one came again. */
  readonly resent: number;
  /** How many answers were waited for though the client had left, by the method. */
  readonly unnoticed: { readonly GET: number; readonly POST: number };
}
