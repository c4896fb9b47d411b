import { Truncated } from "../support/message.ts";
import { type Agent, type ReplyHead, valueOf } from "./client.ts";
import { type Break, BREAKS } from "./responder.ts";
import { Comparison } from "./content.ts";
import { type Kind, MIB, routeOf } from "./workload.ts";

/** Upstreams that break off: the client must see it, and nothing but what came. */
export const BROKEN: readonly Kind[] = [
  {
    title: "broken by the upstream",
    perSecond: 10,
    atOnce: 10,
    async run(agent, id) {
      const where = BREAKS[Math.floor(id / 2) % BREAKS.length] ?? "nothing";
      const target = `${routeOf(id)}/broken/${id}/${where}`;
      await judge(agent, id, where, await ask(agent, id, target, where));
    },
  },
];

async function ask(agent: Agent, id: number, target: string, where: Break): Promise<ReplyHead> {
  if (where === "nothing") {
    // It has come, and nobody knows what it did: it must not come again.
    await agent.send(target, id, { framing: "length", length: id % 3 * 100 });
    return await agent.readHead("POST");
  }
  if (where !== "upload") return await agent.ask("GET", target);
  const sent = agent.send(target, id, { framing: "length", length: MIB }).catch(() => {});
  const head = await agent.readHead("POST");
  await sent;
  return head;
}

async function judge(agent: Agent, id: number, where: Break, head: ReplyHead): Promise<void> {
  if (where === "nothing" || where === "head" || where === "upload") {
    await agent.expect(head, 502);
    if (valueOf(head, "cred-proxy-error") !== "upstream_failed") throw new Error("A 502 with another code");
    return void await agent.listen(head);
  }
  await agent.expect(head, 200);
  const comparison = new Comparison(id);
  try {
    for await (const part of agent.content(head)) {
      comparison.take(part.subarray(0, 10_000 - comparison.length));
    }
  } catch (error) {
    if (error instanceof Truncated) return;
    throw error;
  }
  throw new Error("A broken reply passed for whole");
}
