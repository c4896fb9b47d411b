import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { type Client, fieldValue } from "./client.ts";
import { type Coding, CODINGS, PADDING } from "./responder.ts";
import { Comparison } from "./content.ts";
import { KIB, prefixFor, type Workload } from "./workload.ts";

const DECODERS: Readonly<Record<Coding, (bytes: Uint8Array) => Uint8Array>> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** Replies that hold the credential, and coded ones. */
export const CODED: readonly Workload[] = [
  { title: "echo of the credential", perSecond: 10, concurrency: 8, keepsAlive: true, run: expectMaskedEcho },
  {
    title: "coded reply",
    perSecond: 5,
    concurrency: 4,
    keepsAlive: true,
    async run(client, id) {
      const length = id % (64 * KIB);
      const head = await client.request("GET", `${prefixFor(id)}/coded/${id}/${codingOf(id)}/${length}`);
      // Decoded on the way, to be masked.
      await client.expectContent(head, id, length);
    },
  },
  {
    title: "coded reply, unmasked",
    perSecond: 5,
    concurrency: 4,
    keepsAlive: true,
    async run(client, id) {
      const length = id % (64 * KIB);
      const head = await client.request("GET", `/unmasked/coded/${id}/${codingOf(id)}/${length}`);
      await client.expectStatus(head, 200);
      const coding = (fieldValue(head, "content-encoding") ?? "identity") as Coding;
      if (coding !== codingOf(id)) throw new Error("The coding is another");
      const comparison = new Comparison(id);
      comparison.add(DECODERS[coding](await client.readAll(head)));
      comparison.end(length);
    },
  },
];

/** Another one for each of the ids that a kind gets. */
function codingOf(id: number): Coding {
  return CODINGS[Math.floor(id / 2) % CODINGS.length] ?? "identity";
}

/** The secret is masked, and nothing else is changed. */
async function expectMaskedEcho(client: Client, id: number): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/echo/${id}/${codingOf(id)}`);
  await client.expectStatus(head, 200);
  const content = await client.readAll(head);
  if (`${content.length}` !== fieldValue(head, "x-length")) throw new Error("An echo has another length");
  const frame = new Comparison(id);
  frame.add(content.subarray(0, PADDING));
  frame.add(content.subarray(-PADDING));
  for (
    const text of [fieldValue(head, "x-echo"), new TextDecoder().decode(content.subarray(PADDING, -PADDING))]
  ) {
    if (text?.startsWith(`[${"*".repeat(40)}`) !== true) throw new Error("An echo is not masked");
  }
}
