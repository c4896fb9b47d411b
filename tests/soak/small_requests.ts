import { type Agent, valueOf } from "./client.ts";
import type { Kind } from "./workload.ts";
import { routeOf } from "./workload.ts";

/** Requests of little content, on connections that are kept. */
export const SMALL: readonly Kind[] = [
  {
    title: "small GET",
    perSecond: 80,
    atOnce: 32,
    keeps: true,
    timed: true,
    async run(agent, id) {
      const length = sizeOf(id);
      await agent.compare(await agent.ask("GET", `${routeOf(id)}/bytes/${id}/${length}`), id, length);
    },
  },
  {
    title: "small POST",
    perSecond: 80,
    atOnce: 32,
    keeps: true,
    timed: true,
    run: (agent, id) => post(agent, id, `${routeOf(id)}/sink`),
  },
  {
    title: "HEAD",
    perSecond: 4,
    atOnce: 4,
    keeps: true,
    async run(agent, id) {
      const head = await agent.ask("HEAD", `${routeOf(id)}/bytes/${id}/1234`);
      await agent.expect(head, 200);
      if (valueOf(head, "content-length") !== "1234") throw new Error("The length is not told");
    },
  },
  {
    title: "no such route",
    perSecond: 4,
    atOnce: 4,
    keeps: true,
    async run(agent, id) {
      const head = await agent.ask("GET", `/nowhere/${id}`);
      await agent.expect(head, 404);
      await agent.listen(head);
    },
  },
  {
    title: "GET, idle ones closed",
    perSecond: 20,
    atOnce: 10,
    keeps: true,
    async run(agent, id) {
      const length = sizeOf(id);
      await agent.compare(await agent.ask("GET", `/fickle/idle/${id}/0/${length}`), id, length);
    },
  },
  {
    title: "POST, idle ones closed",
    perSecond: 20,
    atOnce: 10,
    keeps: true,
    run: (agent, id) => post(agent, id, "/fickle/idle", true),
  },
];

/** @param mayFail Whether the upstream may have hung up: nobody may send such a request again, so 502 is right. */
async function post(agent: Agent, id: number, target: string, mayFail = false): Promise<void> {
  const [sent, wanted] = [sizeOf(id + 1), sizeOf(id)];
  await agent.send(`${target}/${id}/${sent}/${wanted}`, id, {
    framing: id % 3 === 0 ? "chunked" : "length",
    length: sent,
  });
  const head = await agent.readHead("POST");
  if (mayFail && valueOf(head, "cred-proxy-error") === "upstream_failed") {
    return void await agent.listen(head);
  }
  await agent.compare(head, id, wanted);
}

/** From 1 byte to 4 KiB. */
function sizeOf(id: number): number {
  return 1 + id * 37 % 4096;
}
