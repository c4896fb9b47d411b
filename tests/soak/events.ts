import type { Agent } from "./client.ts";
import { now } from "../support/clock.ts";
import type { Ear } from "./tokens.ts";
import { routeOf } from "./workload.ts";

/** What is seen of a stream while it goes on. */
export interface Watcher {
  /** Hears all that comes, if given. */
  readonly ear?: Ear;
  /** The stream has begun. */
  began?(): void;
  /** An event has come. @param delay From its sending, in milliseconds. */
  came?(delay: number): void;
}

const EVENT = /^id: (\d+)\.(\d+)\ndata: ([\d.]+) x{64}$/;

/**
 * Reads a stream of events.
 *
 * @throws {Error} unless each of them is there, in its place, and the end is a clean one
 */
export async function readEvents(
  agent: Agent,
  id: number,
  count: number,
  gap: number,
  watcher: Watcher = {},
): Promise<void> {
  const head = await agent.ask("GET", `${routeOf(id)}/events/${id}/${count}/${gap}`);
  await agent.expect(head, 200);
  watcher.began?.();
  const decoder = new TextDecoder();
  let text = "";
  let seen = 0;
  for await (const part of agent.content(head)) {
    watcher.ear?.listen(part);
    const events = (text + decoder.decode(part, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, stream, number, sent] = EVENT.exec(event) ?? [];
      if (Number(stream) !== id || Number(number) !== ++seen) {
        throw new Error(`Event ${seen} of a stream is missing, or another came in its place`);
      }
      watcher.came?.(now() - Number(sent));
    }
  }
  if (seen !== count || text !== "") throw new Error(`A stream ended after ${seen} events of ${count}`);
}
