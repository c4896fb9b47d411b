import { within } from "../support/within.ts";
import { Client } from "./client.ts";
import { delay, type Workload } from "./workload.ts";
import { WorkloadResult } from "./workload_result.ts";
import type { LeakDetector } from "./tokens.ts";

/** How long one request may take, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;

/** After so many requests a connection that is kept is closed all the same. */
const REQUESTS_PER_CONNECTION = 100;

export interface LoadOptions {
  readonly port: number;
  readonly detector: LeakDetector;
  /** When to begin no more requests, on the clock of `performance.now()`. */
  readonly until: number;
}

let lastId = 0;

/** An id that no other request of this process has. */
export function nextId(): number {
  return ++lastId;
}

/** Makes requests of a kind until the time is over and all have ended: so many a second, and so many at once, at most. */
export async function runWorkload(workload: Workload, options: LoadOptions): Promise<WorkloadResult> {
  const result = new WorkloadResult(workload);
  const gap = 1000 / workload.perSecond;
  // Not all kinds in the same moment; yet each of them even in the shortest soak.
  let due = performance.now() + Math.random() * Math.min(gap, 500);

  async function client(): Promise<void> {
    using seat = new ClientSlot(workload, options);
    for (;;) {
      // What could not be begun in time is not made up for: the load stays even.
      const at = Math.max(due, performance.now());
      if (at >= options.until) return;
      due = at + gap;
      await delay(at - performance.now());
      const begun = performance.now();
      try {
        await within(seat.run(), workload.title, REQUEST_TIMEOUT_MS);
        result.recordSuccess(performance.now() - begun);
      } catch (error) {
        result.recordFailure(error);
        seat.close();
      }
    }
  }

  await Promise.all(Array.from({ length: workload.concurrency }, client));
  return result;
}

/** One client, with the connection that it may have. */
class ClientSlot implements Disposable {
  readonly #workload: Workload;
  readonly #options: LoadOptions;
  #client: Client | undefined;
  #served = 0;

  constructor(workload: Workload, options: LoadOptions) {
    this.#workload = workload;
    this.#options = options;
  }

  async run(): Promise<void> {
    this.#client ??= await Client.connect(this.#options.port, this.#options.detector);
    await this.#workload.run(this.#client, nextId());
    const keeps = this.#workload.keepsAlive === true && !this.#client.willClose;
    if (!keeps || ++this.#served % REQUESTS_PER_CONNECTION === 0) this.close();
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
