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

/** Compressed responses, and responses that hold the credential. */
export const CODED: readonly Workload[] = [
  { title: "echo of the credential", perSecond: 10, concurrency: 8, keepsAlive: true, run: expectMaskedEcho },
  {
    title: "compressed response",
    perSecond: 5,
    concurrency: 4,
    keepsAlive: true,
    run: (client, id) => expectCoded(client, { id, prefix: prefixFor(id) }),
  },
  {
    title: "compressed response, unmasked",
    perSecond: 5,
    concurrency: 4,
    keepsAlive: true,
    run: (client, id) => expectCoded(client, { id, prefix: "/unmasked" }),
  },
];

/** Returns a coding that varies with the id. */
function codingOf(id: number): Coding {
  return CODINGS[Math.floor(id / 2) % CODINGS.length] ?? "identity";
}

/** Expects the coding that the upstream chose: the service looks into a copy. */
async function expectCoded(client: Client, { id, prefix }: { id: number; prefix: string }): Promise<void> {
  const length = id % (64 * KIB);
  const head = await client.request("GET", `${prefix}/coded/${id}/${codingOf(id)}/${length}`);
  await client.expectStatus(head, 200);
  const coding = (fieldValue(head, "content-encoding") ?? "identity") as Coding;
  if (coding !== codingOf(id)) throw new Error("The coding differs");
  const comparison = new Comparison(id);
  comparison.add(DECODERS[coding](await client.readAll(head)));
  comparison.end(length);
}

/** Expects that the secret is masked and nothing else is changed. */
async function expectMaskedEcho(client: Client, id: number): Promise<void> {
  const head = await client.request("GET", `${prefixFor(id)}/echo/${id}/identity`);
  await client.expectStatus(head, 200);
  const content = await client.readAll(head);
  if (`${content.length}` !== fieldValue(head, "x-length")) throw new Error("The length of an echo differs");
  const frame = new Comparison(id);
  frame.add(content.subarray(0, PADDING));
  frame.add(content.subarray(-PADDING));
  for (
    const text of [fieldValue(head, "x-echo"), new TextDecoder().decode(content.subarray(PADDING, -PADDING))]
  ) {
    if (text?.startsWith(`[${"*".repeat(40)}`) !== true) throw new Error("An echo is not masked");
  }
}
