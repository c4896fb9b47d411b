import type { Client } from "./client.ts";
import { readEvents } from "./events.ts";
import { delay, KIB, MIB, prefixFor, type Workload } from "./workload.ts";

/** Streams, uploads and downloads. */
export const TRANSFERS: readonly Workload[] = [
  {
    title: "event stream of 2 s",
    perSecond: 20,
    concurrency: 60,
    keepsAlive: true,
    run: (client, id) => readEvents(client, id, 40, 50),
  },
  {
    title: "upload to 256 KiB",
    perSecond: 8,
    concurrency: 8,
    keepsAlive: true,
    run: (client, id) => upload(client, id, 1 + id * 7919 % (256 * KIB)),
  },
  {
    title: "upload of 16 MiB",
    perSecond: 0.5,
    concurrency: 2,
    run: (client, id) => upload(client, id, 16 * MIB),
  },
  {
    title: "upload that is refused",
    perSecond: 2,
    concurrency: 4,
    async run(client, id) {
      // What the service does not want may not go through to the last byte.
      const sent = client.sendUpload(`${prefixFor(id)}/no/${id}`, id, framed(id, MIB)).catch(() => {});
      const head = await client.readHead("POST");
      await client.expectStatus(head, 413);
      await client.readAll(head);
      await sent;
    },
  },
  {
    title: "download to 1 MiB",
    perSecond: 8,
    concurrency: 8,
    keepsAlive: true,
    run: (client, id) => download(client, id, 1 + id * 7919 % MIB, prefixFor(id)),
  },
  {
    title: "download of 32 MiB",
    perSecond: 0.5,
    concurrency: 2,
    run: (client, id) => download(client, id, 32 * MIB, prefixFor(id)),
  },
  {
    title: "download, unmasked",
    perSecond: 1,
    concurrency: 2,
    keepsAlive: true,
    run: (client, id) => download(client, id, 8 * MIB, "/unmasked"),
  },
  {
    title: "slow reader of 4 MiB",
    perSecond: 1,
    concurrency: 4,
    run: (client, id) => download(client, id, 4 * MIB, prefixFor(id), 10),
  },
];

function framed(id: number, length: number) {
  return { framing: id % 4 < 2 ? "length" : "chunked", length } as const;
}

async function upload(client: Client, id: number, length: number): Promise<void> {
  await client.sendUpload(`${prefixFor(id)}/sink/${id}/${length}/100`, id, framed(id, length));
  await client.expectContent(await client.readHead("POST"), id, 100);
}

/** @param pause Before each piece is taken, in milliseconds. */
async function download(client: Client, id: number, length: number, route: string, pause = 0): Promise<void> {
  const how = id % 4 < 2 ? "bytes" : "chunked";
  const head = await client.request("GET", `${route}/${how}/${id}/${length}`);
  await client.expectContent(head, id, length, pause === 0 ? undefined : () => delay(pause));
}
