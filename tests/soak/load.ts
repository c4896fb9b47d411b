import { within } from "../support/within.ts";
import { Client } from "./client.ts";
import { delay, type Workload } from "./workload.ts";
import { WorkloadResult } from "./workload_result.ts";
import type { LeakDetector } from "./tokens.ts";

/** How long one request may take, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A persistent connection is closed after this many requests. */
const REQUESTS_PER_CONNECTION = 100;

/** How to run a workload. */
export interface LoadOptions {
  readonly port: number;
  readonly detector: LeakDetector;
  /** When to stop starting requests, on the clock of `performance.now()`. */
  readonly until: number;
}

let lastId = 0;

/** Returns an id that is unique in this process. */
export function nextId(): number {
  return ++lastId;
}

/** Sends requests of one workload, within its rate and concurrency, until the time is up and all have ended. */
export async function runWorkload(workload: Workload, options: LoadOptions): Promise<WorkloadResult> {
  const result = new WorkloadResult(workload);
  const gap = 1000 / workload.perSecond;
  // Workloads start at different moments, yet all of them even in the shortest soak.
  let due = performance.now() + Math.random() * Math.min(gap, 500);

  async function client(): Promise<void> {
    using slot = new ClientSlot(workload, options);
    for (;;) {
      // A late start is not made up for, so that the load stays even.
      const at = Math.max(due, performance.now());
      if (at >= options.until) return;
      due = at + gap;
      await delay(at - performance.now());
      const begun = performance.now();
      try {
        await within(slot.run(), workload.title, REQUEST_TIMEOUT_MS);
        result.recordSuccess(performance.now() - begun);
      } catch (error) {
        result.recordFailure(error);
        slot.close();
      }
    }
  }

  await Promise.all(Array.from({ length: workload.concurrency }, client));
  return result;
}

/** One concurrent client and its current connection. */
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
