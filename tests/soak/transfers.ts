import type { Agent } from "./client.ts";
import { readEvents } from "./events.ts";
import { KIB, type Kind, MIB, rest, routeOf } from "./workload.ts";

/** Streams, uploads and downloads. */
export const TRANSFERS: readonly Kind[] = [
  {
    title: "event stream of 2 s",
    perSecond: 20,
    atOnce: 60,
    keeps: true,
    run: (agent, id) => readEvents(agent, id, 40, 50),
  },
  {
    title: "upload to 256 KiB",
    perSecond: 8,
    atOnce: 8,
    keeps: true,
    run: (agent, id) => upload(agent, id, 1 + id * 7919 % (256 * KIB)),
  },
  { title: "upload of 16 MiB", perSecond: 0.5, atOnce: 2, run: (agent, id) => upload(agent, id, 16 * MIB) },
  {
    title: "upload that is refused",
    perSecond: 2,
    atOnce: 4,
    async run(agent, id) {
      // What the service does not want may not go through to the last byte.
      const sent = agent.send(`${routeOf(id)}/no/${id}`, id, framed(id, MIB)).catch(() => {});
      const head = await agent.readHead("POST");
      await agent.expect(head, 413);
      await agent.listen(head);
      await sent;
    },
  },
  {
    title: "download to 1 MiB",
    perSecond: 8,
    atOnce: 8,
    keeps: true,
    run: (agent, id) => download(agent, id, 1 + id * 7919 % MIB, routeOf(id)),
  },
  {
    title: "download of 32 MiB",
    perSecond: 0.5,
    atOnce: 2,
    run: (agent, id) => download(agent, id, 32 * MIB, routeOf(id)),
  },
  {
    title: "download, unmasked",
    perSecond: 1,
    atOnce: 2,
    keeps: true,
    run: (agent, id) => download(agent, id, 8 * MIB, "/unmasked"),
  },
  {
    title: "slow reader of 4 MiB",
    perSecond: 1,
    atOnce: 4,
    run: (agent, id) => download(agent, id, 4 * MIB, routeOf(id), 10),
  },
];

function framed(id: number, length: number) {
  return { framing: id % 4 < 2 ? "length" : "chunked", length } as const;
}

async function upload(agent: Agent, id: number, length: number): Promise<void> {
  await agent.send(`${routeOf(id)}/sink/${id}/${length}/100`, id, framed(id, length));
  await agent.compare(await agent.readHead("POST"), id, 100);
}

/** @param pause Before each piece is taken, in milliseconds. */
async function download(agent: Agent, id: number, length: number, route: string, pause = 0): Promise<void> {
  const how = id % 4 < 2 ? "bytes" : "chunked";
  const head = await agent.ask("GET", `${route}/${how}/${id}/${length}`);
  await agent.compare(head, id, length, pause === 0 ? undefined : () => rest(pause));
}
