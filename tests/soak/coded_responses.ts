import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { type Agent, valueOf } from "./client.ts";
import { type Coding, CODINGS, FRAME } from "./responder.ts";
import { Comparison } from "./content.ts";
import { KIB, type Kind, routeOf } from "./workload.ts";

const DECODERS: Readonly<Record<Coding, (bytes: Uint8Array) => Uint8Array>> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** Replies that hold the credential, and coded ones. */
export const ECHOES: readonly Kind[] = [
  { title: "echo of the credential", perSecond: 10, atOnce: 8, keeps: true, run: hear },
  {
    title: "coded reply",
    perSecond: 5,
    atOnce: 4,
    keeps: true,
    async run(agent, id) {
      const length = id % (64 * KIB);
      const head = await agent.ask("GET", `${routeOf(id)}/coded/${id}/${codingOf(id)}/${length}`);
      // Decoded on the way, to be masked.
      await agent.compare(head, id, length);
    },
  },
  {
    title: "coded reply, unmasked",
    perSecond: 5,
    atOnce: 4,
    keeps: true,
    async run(agent, id) {
      const length = id % (64 * KIB);
      const head = await agent.ask("GET", `/unmasked/coded/${id}/${codingOf(id)}/${length}`);
      await agent.expect(head, 200);
      const coding = (valueOf(head, "content-encoding") ?? "identity") as Coding;
      if (coding !== codingOf(id)) throw new Error("The coding is another");
      const comparison = new Comparison(id);
      comparison.take(DECODERS[coding](await agent.listen(head)));
      comparison.end(length);
    },
  },
];

/** Another one for each of the ids that a kind gets. */
function codingOf(id: number): Coding {
  return CODINGS[Math.floor(id / 2) % CODINGS.length] ?? "identity";
}

/** The secret is masked, and nothing else is changed. */
async function hear(agent: Agent, id: number): Promise<void> {
  const head = await agent.ask("GET", `${routeOf(id)}/echo/${id}/${codingOf(id)}`);
  await agent.expect(head, 200);
  const content = await agent.listen(head);
  if (`${content.length}` !== valueOf(head, "x-length")) throw new Error("An echo has another length");
  const frame = new Comparison(id);
  frame.take(content.subarray(0, FRAME));
  frame.take(content.subarray(-FRAME));
  for (const text of [valueOf(head, "x-echo"), new TextDecoder().decode(content.subarray(FRAME, -FRAME))]) {
    if (text?.startsWith(`[${"*".repeat(40)}`) !== true) throw new Error("An echo is not masked");
  }
}
