import type { Client } from "./client.ts";
import { Comparison } from "./content.ts";
import { delay, MIB, prefixFor, type Workload } from "./workload.ts";

/** Clients that leave: what they wait for never comes, or is not waited for. */
export const DISCONNECTING: readonly Workload[] = [
  {
    title: "left before the answer",
    perSecond: 4,
    concurrency: 10,
    async run(client, id) {
      // What it fails with is that it has left.
      client.request("GET", `${prefixFor(id)}/slow/${id}`).catch(() => {});
      await delay(id * 13 % 700);
    },
  },
  {
    title: "left after an upload",
    perSecond: 1,
    concurrency: 10,
    async run(client, id) {
      await client.sendUpload(`${prefixFor(id)}/slow/${id}`, id, {
        framing: "length",
        length: 1000 + id % 2 * 100_000,
      });
      await delay(id * 13 % 700);
    },
  },
  {
    title: "left within an upload",
    perSecond: 5,
    concurrency: 10,
    async run(client, id) {
      const framing = id % 4 < 2 ? "length" : "chunked";
      await client.sendUpload(`${prefixFor(id)}/sink/${id}/${MIB}/10`, id, { framing, length: MIB }, 0.3);
      await delay(id * 13 % 100);
    },
  },
  {
    title: "left within a reply",
    perSecond: 5,
    concurrency: 10,
    run: (client, id) => readSome(client, id, `chunked/${id}/${8 * MIB}`, 100_000),
  },
  {
    title: "left within a stream",
    perSecond: 5,
    concurrency: 10,
    async run(client, id) {
      await client.expectStatus(await client.request("GET", `${prefixFor(id)}/events/${id}/100/100`), 200);
      await delay(id * 13 % 1000);
    },
  },
];

/** What came until then must be right. */
async function readSome(client: Client, id: number, target: string, length: number): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/${target}`);
  await client.expectStatus(head, 200);
  const comparison = new Comparison(id);
  for await (const part of client.content(head)) {
    comparison.add(part);
    if (comparison.length >= length) return;
  }
  throw new Error("The reply ended too early");
}
