import { assert, assertEquals } from "@std/assert";
import { ConnectionCounts } from "../../lib/upstream/connection_counts.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { LateTransport } from "../../lib/upstream/late_transport.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

/** Sends three requests, the first two at once. @returns The connections that were opened, and those that stay. */
async function connectionsFor(isClosed: boolean): Promise<{ opened: number; current: number }> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("x"));
  const { port } = server.addr;
  const upstream = { scheme: "http", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const counts = new ConnectionCounts();
  const transport = new LateTransport(
    { upstream, connectTimeoutMs: 10_000, responseTimeoutMs: 10_000 },
    { caCerts: [], egress: undefined, deadlines: new Deadlines(), counts },
  );
  if (isClosed) transport.close();
  const ask = async () => {
    const response = await transport.roundTrip(upstreamRequest({ fields: [["host", "a"]] }));
    if (response.kind !== "response") throw new Error("no response");
    assertEquals(await response.body.next(), new TextEncoder().encode("x"));
    assert(response.body.done);
  };
  await Promise.all([ask(), ask()]);
  await ask();
  const { opened, current } = counts;
  transport.close();
  assertEquals(counts.current, 0);
  return { opened, current };
}

Deno.test("LateTransport keeps the connections of all its requests in one place, and none once it is closed", async () => {
  assertEquals(await connectionsFor(false), { opened: 2, current: 2 });
  assertEquals(await connectionsFor(true), { opened: 3, current: 0 });
});
