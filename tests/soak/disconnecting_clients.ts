import type { Client } from "./client.ts";
import { Comparison } from "./content.ts";
import { delay, MIB, prefixFor, type Workload } from "./workload.ts";

/** Clients that disconnect before the request is complete. */
export const DISCONNECTING: readonly Workload[] = [
  {
    title: "left before the response",
    perSecond: 4,
    concurrency: 10,
    async run(client, id) {
      // It fails because the client disconnects.
      client.request("GET", `${prefixFor(id)}/slow/${id}`).catch(() => {});
      await delay(id * 13 % 700);
    },
  },
  {
    title: "left after an upload",
    perSecond: 1,
    concurrency: 10,
    async run(client, id) {
      await client.sendUpload(`${prefixFor(id)}/slow/${id}`, {
        id,
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
      await client.sendUpload(`${prefixFor(id)}/sink/${id}/${MIB}/10`, {
        id,
        framing,
        length: MIB,
        part: 0.3,
      });
      await delay(id * 13 % 100);
    },
  },
  {
    title: "left within a response",
    perSecond: 5,
    concurrency: 10,
    run: (client, id) => readSome(client, id, 100_000),
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

/** Reads at least `length` bytes of a download, which must be right. */
async function readSome(client: Client, id: number, length: number): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/chunked/${id}/${8 * MIB}`);
  await client.expectStatus(head, 200);
  const comparison = new Comparison(id);
  for await (const part of client.content(head)) {
    comparison.add(part);
    if (comparison.length >= length) return;
  }
  throw new Error("The response ended too early");
}
