import type { Client } from "./client.ts";
import { now } from "../support/clock.ts";
import type { LeakDetector } from "./tokens.ts";
import { prefixFor } from "./workload.ts";

/** What is seen of a stream while it goes on. */
export interface EventObserver {
  /** Hears all that comes, if given. */
  readonly detector?: LeakDetector;
  /** The stream has begun. */
  onBegin?(): void;
  /** An event has come. @param delay From its sending, in milliseconds. */
  onEvent?(delay: number): void;
}

const EVENT = /^id: (\d+)\.(\d+)\ndata: ([\d.]+) x{64}$/;

/**
 * Reads a stream of events.
 *
 * @throws {Error} unless each of them is there, in its place, and the end is a clean one
 */
export async function readEvents(
  client: Client,
  id: number,
  count: number,
  gap: number,
  watcher: EventObserver = {},
): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/events/${id}/${count}/${gap}`);
  await client.expectStatus(head, 200);
  watcher.onBegin?.();
  const decoder = new TextDecoder();
  let text = "";
  let seen = 0;
  for await (const part of client.content(head)) {
    watcher.detector?.scan(part);
    const events = (text + decoder.decode(part, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, stream, number, sent] = EVENT.exec(event) ?? [];
      if (Number(stream) !== id || Number(number) !== ++seen) {
        throw new Error(`Event ${seen} of a stream is missing, or another came in its place`);
      }
      watcher.onEvent?.(now() - Number(sent));
    }
  }
  if (seen !== count || text !== "") throw new Error(`A stream ended after ${seen} events of ${count}`);
}
