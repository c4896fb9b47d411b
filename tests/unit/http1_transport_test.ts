import { assertEquals, assertRejects } from "@std/assert";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { ClientDisconnected, UpstreamTimeout } from "../../lib/upstream/errors.ts";
import { Http1Transport } from "../../lib/upstream/http1_transport.ts";

Deno.test("Http1Transport says what ended a request that gets no response: its time, or its client", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })().catch(() => {});
  const upstream = { scheme: "http", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const transport = new Http1Transport({ upstream, connectTimeoutMs: 10_000, responseTimeoutMs: 300 }, {
    caCerts: [],
    egress: undefined,
    deadlines: new Deadlines(),
  });
  const ask = (isGone: boolean) =>
    transport.roundTrip({
      method: "GET",
      target: "/x",
      fields: [["host", "a"]],
      framing: { kind: "none" },
      body: null,
      onBodySent() {},
      isClientGone: () => isGone,
    });
  await assertRejects(() => ask(false), UpstreamTimeout, "The upstream did not respond in time");
  await assertRejects(() => ask(true), ClientDisconnected, "The client disconnected");
  transport.close();
  for (const conn of accepted) conn.close();
  listener.close();
  await accepting;
  assertEquals(accepted.length > 0, true);
});
