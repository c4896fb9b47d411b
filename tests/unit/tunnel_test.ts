/**
 * What is said to an egress proxy, and what it may answer.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { BadTunnelResponse, TunnelRefused } from "../../lib/upstream/errors.ts";
import { openTunnel } from "../../lib/upstream/tunnel.ts";
import { fromLatin1, join } from "../support/bytes.ts";
import { FakeSocket } from "../support/fake_socket.ts";

const UPSTREAM = { scheme: "https", host: "api.test", port: 443, authority: "api.test", base: "" } as const;
const OK = "HTTP/1.1 200 OK\r\n\r\n";

/** Opens a tunnel through a proxy that answers with these pieces. @returns What it was sent. */
async function open(pieces: readonly string[], host = "api.test", credentials?: string): Promise<string> {
  const socket = new FakeSocket(pieces);
  const secret = credentials === undefined ? undefined : Secret.of(credentials);
  await openTunnel(socket, { ...UPSTREAM, host }, secret);
  return fromLatin1(join(socket.written));
}

Deno.test("openTunnel() asks for the upstream's host and port, with the proxy's credentials if there are any", async () => {
  assertEquals(await open([OK]), "CONNECT api.test:443 HTTP/1.1\r\nhost: api.test:443\r\n\r\n");
  assertEquals(await open([OK], "::1"), "CONNECT [::1]:443 HTTP/1.1\r\nhost: [::1]:443\r\n\r\n");
  assertEquals(
    await open([OK], "api.test", "user:pass"),
    "CONNECT api.test:443 HTTP/1.1\r\nhost: api.test:443\r\nproxy-authorization: Basic dXNlcjpwYXNz\r\n\r\n",
  );
});

Deno.test("openTunnel() takes any status of success for a tunnel, after up to 15 interim responses", async () => {
  const interim = "HTTP/1.1 100 Continue\r\n\r\n";
  for (const status of [200, 201, 299]) await open([`HTTP/1.1 ${status} X\r\n\r\n`]);
  await open([interim.repeat(15), OK]);
  await assertRejects(
    () => open([interim.repeat(16), OK]),
    BadTunnelResponse,
    "too many interim responses from the egress proxy",
  );
});

Deno.test("openTunnel() says with which status the proxy refuses", async () => {
  for (const status of [300, 403, 407, 502]) {
    const error = await assertRejects(() => open([`HTTP/1.1 ${status} X\r\n\r\n`]), TunnelRefused);
    assertEquals([error.status, error.message], [
      status,
      `The egress proxy answered CONNECT with ${status}`,
    ]);
  }
});

Deno.test("openTunnel() rejects a response that is not valid HTTP, or has one byte too many", async () => {
  const cases: [pieces: string[], message: string][] = [
    [[], "egress proxy closed the connection on CONNECT"],
    [["HTTP/1.1 200 OK\r\n"], "connection closed within a head"],
    [["SSH-2.0-x\r\n\r\n"], "no HTTP/1 status line"],
    [["HTTP/1.1 2000 OK\r\n\r\n"], "no HTTP/1 status line"],
    [[`${OK}x`], "egress proxy sent bytes after its response to CONNECT"],
  ];
  for (const [pieces, message] of cases) {
    const error = await assertRejects(() => open(pieces), BadTunnelResponse, undefined, message);
    assertEquals(error.message, message);
  }
});

Deno.test("openTunnel() throws the runtime's error if the connection to the proxy breaks", async () => {
  const socket = new FakeSocket([OK]);
  socket.read = () => Promise.reject(new Deno.errors.ConnectionReset("reset"));
  await assertRejects(() => openTunnel(socket, UPSTREAM, undefined), Deno.errors.ConnectionReset);
});
