import { assertEquals } from "@std/assert";
import { parseUpstream } from "../../lib/config/route/upstream_url.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { Http1Transport } from "../../lib/upstream/http1_transport.ts";
import type { UpstreamRequest } from "../../lib/upstream/transport.ts";
import { valueOf } from "../support/result.ts";
import { within } from "../support/within.ts";

/** Far less than any deadline. */
const AT_ONCE_MS = 1000;

/** A request that its client's side can end at any time, as a request in flight is. */
function abortable() {
  let isCut = false;
  let abort = () => {};
  const request: UpstreamRequest = {
    method: "GET",
    target: "/",
    fields: [["host", "api.test"]],
    framing: { kind: "none" },
    body: null,
    onBodySent() {},
    isClientGone: () => false,
    onAbortable(end) {
      abort = end;
      if (isCut) end();
    },
  };
  return {
    request,
    cut() {
      isCut = true;
      abort();
    },
  };
}

function outcomeOf(exchange: Promise<unknown>): Promise<"responded" | "ended"> {
  return exchange.then(() => "responded", () => "ended");
}

function transportTo({ hostname, port }: Deno.NetAddr): Http1Transport {
  const upstream = valueOf(parseUpstream(`http://${hostname}:${port}`, "upstream"));
  return new Http1Transport(
    { upstream, connectTimeoutMs: 60_000, responseTimeoutMs: 60_000 },
    { caCerts: [], egress: undefined, deadlines: new Deadlines() },
  );
}

Deno.test("an exchange that is aborted while it waits ends at once, and is not sent again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const transport = transportTo(listener.addr);
  const first = abortable();
  const responding = transport.roundTrip(first.request);
  using connection = await listener.accept();
  const buffer = new Uint8Array(1024);
  await connection.read(buffer);
  await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const response = await responding;
  if (response.kind !== "response") throw new Error(response.kind);
  await response.body.next();

  // On the same connection, where one that broke off would be sent again.
  const { request, cut } = abortable();
  const waiting = outcomeOf(transport.roundTrip(request));
  await connection.read(buffer);
  cut();
  assertEquals(await within(waiting, "The end of the exchange", AT_ONCE_MS), "ended");
  assertEquals(await connection.read(buffer), null);
  // What was accepted meanwhile would bring a request.
  const accepted = await Promise.race([
    listener.accept().then(async (again) => {
      const length = await again.read(buffer).catch(() => null);
      again.close();
      return length;
    }).catch(() => null),
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 100)),
  ]);
  assertEquals(accepted, null);
  transport.close();
});

Deno.test("an exchange that is aborted before there is a connection ends at once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const transport = transportTo(listener.addr);
  const { request, cut } = abortable();
  cut();
  const outcome = outcomeOf(transport.roundTrip(request));
  assertEquals(await within(outcome, "The end of the exchange", AT_ONCE_MS), "ended");
  transport.close();
});
