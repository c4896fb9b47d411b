import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionCounts } from "../../lib/upstream/connection_counts.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import {
  BadResponse,
  ClientDisconnected,
  NoDescriptors,
  UpstreamHungUp,
  UpstreamTimeout,
} from "../../lib/upstream/errors.ts";
import { Http1Transport, type TransportOptions } from "../../lib/upstream/http1_transport.ts";
import { ByteSource, fromLatin1, latin1, writeAll } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTime } from "../support/fake_time.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

const REQUEST = upstreamRequest({ fields: [["host", "a"]] });

/** Makes a transport to a port of 127.0.0.1. */
function transportTo(
  port: number,
  { responseTimeoutMs = 10_000, ...options }: Partial<TransportOptions & { responseTimeoutMs: number }> = {},
): Http1Transport {
  const upstream = { scheme: "http", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  return new Http1Transport({ upstream, connectTimeoutMs: 10_000, responseTimeoutMs }, {
    caCerts: [],
    egress: undefined,
    deadlines: new Deadlines(),
    ...options,
  });
}

Deno.test("Http1Transport says what ended a request that gets no response: its time, or its client", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })().catch(() => {});
  const transport = transportTo(port, { responseTimeoutMs: 300 });
  const ask = (isGone: boolean) => transport.roundTrip({ ...REQUEST, isClientGone: () => isGone });
  await assertRejects(() => ask(false), UpstreamTimeout, "The upstream did not respond in time");
  await assertRejects(() => ask(true), ClientDisconnected, "The client disconnected");
  transport.close();
  for (const conn of accepted) conn.close();
  listener.close();
  await accepting;
  assertEquals(accepted.length > 0, true);
});

Deno.test("Http1Transport opens no connection while none may be opened, and goes on with the one that it has", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("x"));
  const counts = new ConnectionCounts();
  let mayConnect = false;
  const transport = transportTo(server.addr.port, { counts, mayConnect: () => mayConnect });
  const ask = async () => {
    const response = await transport.roundTrip(REQUEST);
    if (response.kind !== "response") throw new Error("no response");
    while (!response.body.done) await response.body.next();
    return response.reused;
  };
  await assertRejects(ask, NoDescriptors, "The last file descriptors are kept for the operator");
  assertEquals(counts.opened, 0);
  mayConnect = true;
  assertEquals(await ask(), false);
  mayConnect = false;
  assertEquals(await ask(), true);
  transport.close();
});

Deno.test("Http1Transport lets a response last beyond the time limit for its head", async () => {
  using time = new FakeTime();
  const { connect } = Deno;
  const socket = Object.assign(new FakeSocket(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"]), {
    setNoDelay() {},
    setKeepAlive() {},
  });
  Object.assign(Deno, { connect: () => Promise.resolve(socket) });
  try {
    const response = await transportTo(1, { responseTimeoutMs: 300 }).roundTrip(REQUEST);
    await time.pass(3_000);
    assertEquals([response.kind, socket.closed, time.running], ["response", false, 0]);
  } finally {
    Object.assign(Deno, { connect });
  }
});

Deno.test("Http1Transport takes nothing for the response to a request that could not be sent", async () => {
  const { connect } = Deno;
  // Such as the 408 of an upstream that has just closed the connection.
  const socket = Object.assign(
    new FakeSocket(["HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"]),
    {
      setNoDelay() {},
      setKeepAlive() {},
      write: () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe")),
    },
  );
  Object.assign(Deno, { connect: () => Promise.resolve(socket) });
  try {
    await assertRejects(
      () => transportTo(1).roundTrip(REQUEST),
      UpstreamHungUp,
      "The connection was closed before the request was sent",
    );
  } finally {
    Object.assign(Deno, { connect });
  }
  assertEquals(socket.closed, true);
});

Deno.test("Http1Transport sends no more of the content once a status from 400 on refuses it", async () => {
  for (const [status, isRefused] of [[399, false], [400, true]] as const) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const transport = transportTo(listener.addr.port);
    const content = new TransformStream<Uint8Array, Uint8Array>();
    const writer = content.writable.getWriter();
    const begun = transport.roundTrip({
      ...REQUEST,
      method: "POST",
      framing: { kind: "chunked" },
      body: content.readable,
    });
    using conn = await listener.accept();
    const source = new ByteSource(conn);
    await writer.write(latin1("hello"));
    await source.readUntil("hello\r\n");
    await writeAll(conn, latin1(`HTTP/1.1 ${status} Any\r\nContent-Length: 1\r\n\r\n`));
    const response = await begun;
    if (response.kind !== "response") throw new Error("no response");
    await writer.write(latin1("world"));
    await writer.close();
    await response.upload!.settled();
    response.body.cancel();
    transport.close();
    assertEquals(fromLatin1(await source.readToEnd()).includes("world"), !isRefused, `${status}`);
    listener.close();
  }
});

Deno.test("Http1Transport says whether a connection ended before a response, within its head, or after an interim one", async () => {
  const interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  const cases: [sent: string, error: new (...args: never[]) => Error, why: string][] = [
    ["", UpstreamHungUp, "The connection ended before a response came"],
    ["HTTP/1.1 200", BadResponse, "connection closed within a head"],
    [interim, BadResponse, "connection closed after an interim response"],
    [`${interim}HTTP/1.1 2`, BadResponse, "connection closed within a head"],
  ];
  for (const [sent, error, why] of cases) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const transport = transportTo(listener.addr.port);
    const failed = assertRejects(
      () => transport.roundTrip({ ...REQUEST, method: "POST" }),
      error as never,
      why,
    );
    using conn = await listener.accept();
    await new ByteSource(conn).readUntil("\r\n\r\n");
    if (sent !== "") await writeAll(conn, latin1(sent));
    await conn.closeWrite();
    await failed;
    transport.close();
    listener.close();
  }
});
