import { Truncated } from "../support/message.ts";
import { type Client, fieldValue, type ResponseHead } from "./client.ts";
import { BREAK_POINTS, type BreakPoint } from "./responder.ts";
import { Comparison } from "./content.ts";
import { MIB, prefixFor, type Workload } from "./workload.ts";

/** Upstreams that break off: the client must see it, and nothing but what came. */
export const BROKEN: readonly Workload[] = [
  {
    title: "broken by the upstream",
    perSecond: 10,
    concurrency: 10,
    async run(client, id) {
      const where = BREAK_POINTS[Math.floor(id / 2) % BREAK_POINTS.length] ?? "nothing";
      const target = `${prefixFor(id)}/broken/${id}/${where}`;
      await expectBroken(client, id, where, await request(client, id, target, where));
    },
  },
];

async function request(client: Client, id: number, target: string, where: BreakPoint): Promise<ResponseHead> {
  if (where === "nothing") {
    // It has come, and nobody knows what it did: it must not come again.
    await client.sendUpload(target, id, { framing: "length", length: id % 3 * 100 });
    return await client.readHead("POST");
  }
  if (where !== "upload") return await client.request("GET", target);
  const sent = client.sendUpload(target, id, { framing: "length", length: MIB }).catch(() => {});
  const head = await client.readHead("POST");
  await sent;
  return head;
}

async function expectBroken(
  client: Client,
  id: number,
  where: BreakPoint,
  head: ResponseHead,
): Promise<void> {
  if (where === "nothing" || where === "head" || where === "upload") {
    await client.expectStatus(head, 502);
    if (fieldValue(head, "cred-proxy-error") !== "upstream_failed") {
      throw new Error("A 502 with another code");
    }
    return void await client.readAll(head);
  }
  await client.expectStatus(head, 200);
  const comparison = new Comparison(id);
  try {
    for await (const part of client.content(head)) {
      comparison.add(part.subarray(0, 10_000 - comparison.length));
    }
  } catch (error) {
    if (error instanceof Truncated) return;
    throw error;
  }
  throw new Error("A broken reply passed for whole");
}
