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
    run: (client, id) => readEvents(client, { id, count: 40, gapMs: 50 }),
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
      // The client may be unable to send the rest after the refusal.
      const sent = client.sendUpload(`${prefixFor(id)}/no/${id}`, framed(id, MIB)).catch(() => {});
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
    run: (client, id) => download(client, id, { length: 1 + id * 7919 % MIB }),
  },
  {
    title: "download of 32 MiB",
    perSecond: 0.5,
    concurrency: 2,
    run: (client, id) => download(client, id, { length: 32 * MIB }),
  },
  {
    title: "download, unmasked",
    perSecond: 1,
    concurrency: 2,
    keepsAlive: true,
    run: (client, id) => download(client, id, { length: 8 * MIB, prefix: "/unmasked" }),
  },
  {
    title: "slow reader of 4 MiB",
    perSecond: 1,
    concurrency: 4,
    run: (client, id) => download(client, id, { length: 4 * MIB, pauseMs: 10 }),
  },
];

function framed(id: number, length: number) {
  return { id, framing: id % 4 < 2 ? "length" : "chunked", length } as const;
}

async function upload(client: Client, id: number, length: number): Promise<void> {
  await client.sendUpload(`${prefixFor(id)}/sink/${id}/${length}/100`, framed(id, length));
  await client.expectContent(await client.readHead("POST"), { id, length: 100 });
}

/** What to download. */
interface DownloadOptions {
  /** In bytes. */
  readonly length: number;
  /** The route's prefix; one of the masked ones by default. */
  readonly prefix?: string;
  /** How long to pause after each piece, in milliseconds. */
  readonly pauseMs?: number;
}

async function download(client: Client, id: number, options: DownloadOptions): Promise<void> {
  const { length, prefix = prefixFor(id), pauseMs } = options;
  const how = id % 4 < 2 ? "bytes" : "chunked";
  const head = await client.request("GET", `${prefix}/${how}/${id}/${length}`);
  const onPiece = pauseMs === undefined ? undefined : () => delay(pauseMs);
  await client.expectContent(head, { id, length, onPiece });
}
