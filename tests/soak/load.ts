import { within } from "../support/within.ts";
import { Agent } from "./client.ts";
import { type Kind, rest } from "./workload.ts";
import { Tally } from "./workload_result.ts";
import type { Ear } from "./tokens.ts";

/** How long one request may take, in milliseconds. */
const PATIENCE = 60_000;

/** After so many requests a connection that is kept is closed all the same. */
const KEPT_FOR = 100;

export interface LoadOptions {
  readonly port: number;
  readonly ear: Ear;
  /** When to begin no more requests, on the clock of `performance.now()`. */
  readonly until: number;
}

let lastId = 0;

/** An id that no other request of this process has. */
export function nextId(): number {
  return ++lastId;
}

/** Makes requests of a kind until the time is over and all have ended: so many a second, and so many at once, at most. */
export async function bear(kind: Kind, options: LoadOptions): Promise<Tally> {
  const tally = new Tally(kind);
  const gap = 1000 / kind.perSecond;
  // Not all kinds in the same moment; yet each of them even in the shortest soak.
  let due = performance.now() + Math.random() * Math.min(gap, 500);

  async function client(): Promise<void> {
    using seat = new Seat(kind, options);
    for (;;) {
      // What could not be begun in time is not made up for: the load stays even.
      const at = Math.max(due, performance.now());
      if (at >= options.until) return;
      due = at + gap;
      await rest(at - performance.now());
      const begun = performance.now();
      try {
        await within(seat.run(), kind.title, PATIENCE);
        tally.succeed(performance.now() - begun);
      } catch (error) {
        tally.fail(error);
        seat.leave();
      }
    }
  }

  await Promise.all(Array.from({ length: kind.atOnce }, client));
  return tally;
}

/** One client, with the connection that it may have. */
class Seat implements Disposable {
  readonly #kind: Kind;
  readonly #options: LoadOptions;
  #agent: Agent | undefined;
  #served = 0;

  constructor(kind: Kind, options: LoadOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  async run(): Promise<void> {
    this.#agent ??= await Agent.connect(this.#options.port, this.#options.ear);
    await this.#kind.run(this.#agent, nextId());
    const keeps = this.#kind.keeps === true && !this.#agent.last;
    if (!keeps || ++this.#served % KEPT_FOR === 0) this.leave();
  }

  leave(): void {
    this.#agent?.close();
    this.#agent = undefined;
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
