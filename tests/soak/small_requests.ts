import { type Client, fieldValue } from "./client.ts";
import { prefixFor, type Workload } from "./workload.ts";

/** Requests with little content, on persistent connections. */
export const SMALL_REQUESTS: readonly Workload[] = [
  {
    title: "small GET",
    perSecond: 80,
    concurrency: 32,
    keepsAlive: true,
    timed: true,
    async run(client, id) {
      const length = sizeOf(id);
      const head = await client.request("GET", `${prefixFor(id)}/bytes/${id}/${length}`);
      await client.expectContent(head, { id, length });
    },
  },
  {
    title: "small POST",
    perSecond: 80,
    concurrency: 32,
    keepsAlive: true,
    timed: true,
    run: (client, id) => post(client, id, { target: `${prefixFor(id)}/sink` }),
  },
  {
    title: "HEAD",
    perSecond: 4,
    concurrency: 4,
    keepsAlive: true,
    async run(client, id) {
      const head = await client.request("HEAD", `${prefixFor(id)}/bytes/${id}/1234`);
      await client.expectStatus(head, 200);
      if (fieldValue(head, "content-length") !== "1234") throw new Error("Content-Length is missing");
    },
  },
  {
    title: "no such route",
    perSecond: 4,
    concurrency: 4,
    keepsAlive: true,
    async run(client, id) {
      const head = await client.request("GET", `/nowhere/${id}`);
      await client.expectStatus(head, 404);
      await client.readAll(head);
    },
  },
  {
    title: "GET, idle ones closed",
    perSecond: 20,
    concurrency: 10,
    keepsAlive: true,
    async run(client, id) {
      const length = sizeOf(id);
      const head = await client.request("GET", `/flaky/idle/${id}/0/${length}`);
      await client.expectContent(head, { id, length });
    },
  },
  {
    title: "POST, idle ones closed",
    perSecond: 20,
    concurrency: 10,
    keepsAlive: true,
    run: (client, id) => post(client, id, { target: "/flaky/idle", mayFail: true }),
  },
];

/** What to POST to, and whether 502 is acceptable. */
interface PostOptions {
  readonly target: string;
  /** The upstream may have closed the connection: the service must not retry, so 502 is right. */
  readonly mayFail?: boolean;
}

async function post(client: Client, id: number, { target, mayFail = false }: PostOptions): Promise<void> {
  const [sent, wanted] = [sizeOf(id + 1), sizeOf(id)];
  await client.sendUpload(`${target}/${id}/${sent}/${wanted}`, {
    id,
    framing: id % 3 === 0 ? "chunked" : "length",
    length: sent,
  });
  const head = await client.readHead("POST");
  if (mayFail && fieldValue(head, "cred-proxy-error") === "upstream_failed") {
    return void await client.readAll(head);
  }
  await client.expectContent(head, { id, length: wanted });
}

/** Returns a size from 1 byte to 4 KiB. */
function sizeOf(id: number): number {
  return 1 + id * 37 % 4096;
}
