import { assertEquals, assertRejects } from "@std/assert";
import { parseUpstream } from "../../lib/config/route/upstream_url.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { Http1Transport } from "../../lib/upstream/http1_transport.ts";
import type { UpstreamRequest } from "../../lib/upstream/transport.ts";
import { valueOf } from "../support/result.ts";

/** Responds to one request with a change of protocol, and then sends back what comes. */
async function switchProtocols(listener: Deno.Listener): Promise<void> {
  using connection = await listener.accept();
  const buffer = new Uint8Array(4096);
  await connection.read(buffer);
  const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello ";
  await connection.write(new TextEncoder().encode(head));
  const length = await connection.read(buffer);
  if (length !== null) await connection.write(buffer.subarray(0, length));
}

function requestOf(upgrade: boolean): UpstreamRequest {
  return {
    method: "GET",
    target: "/",
    fields: [["host", "api.test"], ["connection", "Upgrade"], ["upgrade", "echo"]],
    framing: { kind: "none" },
    body: null,
    upgrade,
    onBodySent() {},
    isClientGone: () => false,
  };
}

/** Runs with a transport to an upstream that changes the protocol. */
async function withTransport(run: (transport: Http1Transport) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const upstream = valueOf(parseUpstream(`http://127.0.0.1:${listener.addr.port}`, "upstream"));
  const transport = new Http1Transport(
    { upstream, connectTimeoutMs: 5000, responseTimeoutMs: 5000 },
    { caCerts: [], egress: undefined, deadlines: new Deadlines() },
  );
  const serving = switchProtocols(listener);
  await run(transport);
  transport.close();
  await serving;
}

Deno.test("Http1Transport hands over the connection after a 101 that was asked for, with what followed it", async () => {
  await withTransport(async (transport) => {
    const response = await transport.roundTrip(requestOf(true));
    if (response.kind !== "protocol_change") throw new Error(response.kind);
    const { head, connection } = response;
    assertEquals(head.fields, [["connection", "Upgrade"], ["upgrade", "echo"]]);
    let text = new TextDecoder().decode(connection.buffered);
    connection.discard(connection.buffered.length);
    await connection.write(new TextEncoder().encode("echoed"));
    while (await connection.fill() > 0) {
      text += new TextDecoder().decode(connection.buffered);
      connection.discard(connection.buffered.length);
    }
    assertEquals(text, "hello echoed");
    connection.close();
  });
});

Deno.test("Http1Transport rejects a 101 that was not asked for", async () => {
  await withTransport(async (transport) => {
    await assertRejects(() => transport.roundTrip(requestOf(false)), BadResponse);
  });
});
