import { type Client, fieldValue } from "./client.ts";
import type { Workload } from "./workload.ts";
import { prefixFor } from "./workload.ts";

/** Requests of little content, on connections that are kept. */
export const SMALL_REQUESTS: readonly Workload[] = [
  {
    title: "small GET",
    perSecond: 80,
    concurrency: 32,
    keepsAlive: true,
    timed: true,
    async run(client, id) {
      const length = sizeOf(id);
      await client.expectContent(
        await client.request("GET", `${prefixFor(id)}/bytes/${id}/${length}`),
        id,
        length,
      );
    },
  },
  {
    title: "small POST",
    perSecond: 80,
    concurrency: 32,
    keepsAlive: true,
    timed: true,
    run: (client, id) => post(client, id, `${prefixFor(id)}/sink`),
  },
  {
    title: "HEAD",
    perSecond: 4,
    concurrency: 4,
    keepsAlive: true,
    async run(client, id) {
      const head = await client.request("HEAD", `${prefixFor(id)}/bytes/${id}/1234`);
      await client.expectStatus(head, 200);
      if (fieldValue(head, "content-length") !== "1234") throw new Error("The length is not told");
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
      await client.expectContent(await client.request("GET", `/flaky/idle/${id}/0/${length}`), id, length);
    },
  },
  {
    title: "POST, idle ones closed",
    perSecond: 20,
    concurrency: 10,
    keepsAlive: true,
    run: (client, id) => post(client, id, "/flaky/idle", true),
  },
];

/** @param mayFail Whether the upstream may have hung up: nobody may send such a request again, so 502 is right. */
async function post(client: Client, id: number, target: string, mayFail = false): Promise<void> {
  const [sent, wanted] = [sizeOf(id + 1), sizeOf(id)];
  await client.sendUpload(`${target}/${id}/${sent}/${wanted}`, id, {
    framing: id % 3 === 0 ? "chunked" : "length",
    length: sent,
  });
  const head = await client.readHead("POST");
  if (mayFail && fieldValue(head, "cred-proxy-error") === "upstream_failed") {
    return void await client.readAll(head);
  }
  await client.expectContent(head, id, wanted);
}

/** From 1 byte to 4 KiB. */
function sizeOf(id: number): number {
  return 1 + id * 37 % 4096;
}
