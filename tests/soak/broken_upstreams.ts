import { Truncated } from "../support/message.ts";
import { type Client, fieldValue, type ResponseHead } from "./client.ts";
import { BREAK_POINTS, type BreakPoint } from "./responder.ts";
import { Comparison } from "./content.ts";
import { MIB, prefixFor, type Workload } from "./workload.ts";

/** Upstreams that break off: the client must detect it and get only what was sent. */
export const BROKEN: readonly Workload[] = [
  {
    title: "broken by the upstream",
    perSecond: 10,
    concurrency: 10,
    async run(client, id) {
      const where = BREAK_POINTS[Math.floor(id / 2) % BREAK_POINTS.length] ?? "nothing";
      await expectBroken(client, await request(client, { id, where }), { id, where });
    },
  },
];

/** A request whose response breaks off. */
interface BrokenRequest {
  readonly id: number;
  readonly where: BreakPoint;
}

async function request(client: Client, { id, where }: BrokenRequest): Promise<ResponseHead> {
  const target = `${prefixFor(id)}/broken/${id}/${where}`;
  if (where === "nothing") {
    // The upstream has received it and may have acted on it, so it must not be sent again.
    await client.sendUpload(target, { id, framing: "length", length: id % 3 * 100 });
    return await client.readHead("POST");
  }
  if (where !== "upload") return await client.request("GET", target);
  const sent = client.sendUpload(target, { id, framing: "length", length: MIB }).catch(() => {});
  const head = await client.readHead("POST");
  await sent;
  return head;
}

async function expectBroken(client: Client, head: ResponseHead, { id, where }: BrokenRequest): Promise<void> {
  if (where === "nothing" || where === "head" || where === "upload") {
    await client.expectStatus(head, 502);
    if (!/^upstream_(?:failed|reply_refused)$/.test(fieldValue(head, "cred-proxy-error") ?? "")) {
      throw new Error("The 502 has a different code");
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
  throw new Error("A truncated response was accepted as complete");
}
