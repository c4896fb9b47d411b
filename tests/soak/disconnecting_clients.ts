import type { Agent } from "./client.ts";
import { Comparison } from "./content.ts";
import { type Kind, MIB, rest, routeOf } from "./workload.ts";

/** Clients that leave: what they wait for never comes, or is not waited for. */
export const LEAVERS: readonly Kind[] = [
  {
    title: "left before the answer",
    perSecond: 4,
    atOnce: 10,
    async run(agent, id) {
      // What it fails with is that it has left.
      agent.ask("GET", `${routeOf(id)}/slow/${id}`).catch(() => {});
      await rest(id * 13 % 700);
    },
  },
  {
    title: "left after an upload",
    perSecond: 1,
    atOnce: 10,
    async run(agent, id) {
      await agent.send(`${routeOf(id)}/slow/${id}`, id, {
        framing: "length",
        length: 1000 + id % 2 * 100_000,
      });
      await rest(id * 13 % 700);
    },
  },
  {
    title: "left within an upload",
    perSecond: 5,
    atOnce: 10,
    async run(agent, id) {
      const framing = id % 4 < 2 ? "length" : "chunked";
      await agent.send(`${routeOf(id)}/sink/${id}/${MIB}/10`, id, { framing, length: MIB }, 0.3);
      await rest(id * 13 % 100);
    },
  },
  {
    title: "left within a reply",
    perSecond: 5,
    atOnce: 10,
    run: (agent, id) => readSome(agent, id, `chunked/${id}/${8 * MIB}`, 100_000),
  },
  {
    title: "left within a stream",
    perSecond: 5,
    atOnce: 10,
    async run(agent, id) {
      await agent.expect(await agent.ask("GET", `${routeOf(id)}/events/${id}/100/100`), 200);
      await rest(id * 13 % 1000);
    },
  },
];

/** What came until then must be right. */
async function readSome(agent: Agent, id: number, target: string, length: number): Promise<void> {
  const head = await agent.ask("GET", `${routeOf(id)}/${target}`);
  await agent.expect(head, 200);
  const comparison = new Comparison(id);
  for await (const part of agent.content(head)) {
    comparison.take(part);
    if (comparison.length >= length) return;
  }
  throw new Error("The reply ended too early");
}
