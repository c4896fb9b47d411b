import type { Client } from "./client.ts";
import { now } from "../support/clock.ts";
import type { LeakDetector } from "./tokens.ts";
import { prefixFor } from "./workload.ts";

/** What a reader of a stream is notified of. */
export interface EventObserver {
  /** Scans all content. */
  readonly detector?: LeakDetector;
  /** The head has arrived. */
  onBegin?(): void;
  /** An event has arrived. @param delay Since it was sent, in milliseconds. */
  onEvent?(delay: number): void;
}

/** The events of a stream. */
export interface ExpectedEvents {
  readonly id: number;
  readonly count: number;
  /** Between two events, in milliseconds. */
  readonly gapMs: number;
}

const EVENT = /^id: (\d+)\.(\d+)\ndata: ([\d.]+) x{64}$/;

/**
 * Reads a stream of events.
 *
 * @throws {Error} unless all events arrive in order and the stream ends properly
 */
export async function readEvents(
  client: Client,
  { id, count, gapMs }: ExpectedEvents,
  observer: EventObserver = {},
): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/events/${id}/${count}/${gapMs}`);
  await client.expectStatus(head, 200);
  observer.onBegin?.();
  const decoder = new TextDecoder();
  let text = "";
  let seen = 0;
  for await (const part of client.content(head)) {
    observer.detector?.scan(part);
    const events = (text + decoder.decode(part, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, stream, number, sent] = EVENT.exec(event) ?? [];
      if (Number(stream) !== id || Number(number) !== ++seen) {
        throw new Error(`Event ${seen} of a stream is missing or out of order`);
      }
      observer.onEvent?.(now() - Number(sent));
    }
  }
  if (seen !== count || text !== "") throw new Error(`A stream ended after ${seen} events of ${count}`);
}
