/**
 * An upstream that sends and takes many WebSocket messages as fast as it can, a program of its own, over TLS and without.
 *
 * A handshake for `…/down/SIZE/COUNT` gets as many messages of that many bytes; one for `…/up/SIZE/COUNT` gets one message
 * once the client has sent as many. It prints one line of JSON, its {@linkcode BulkAddress}, when it listens, and ends when
 * its stdin does.
 *
 * @module
 */

import { acceptFor } from "../../lib/upstream/websocket/handshake.ts";
import { makeAuthority } from "../../tests/support/authority.ts";
import { fromLatin1, writeAll } from "../../tests/support/bytes.ts";
import type { BulkAddress } from "./bulk_address.ts";
import { burstOf, frameLength, readExactly } from "./bulk_frames.ts";

const authority = await makeAuthority();
const leaf = await authority.issue(["localhost"]);
const address = { hostname: "127.0.0.1", port: 0 };
const [secure, plain] = [Deno.listenTls({ ...address, ...leaf }), Deno.listen(address)];
for (const listener of [secure, plain]) void accept(listener);
const listening: BulkAddress = { port: secure.addr.port, plainPort: plain.addr.port, ca: authority.pem };
console.log(JSON.stringify(listening));
for await (const _ of Deno.stdin.readable);
Deno.exit();

async function accept(listener: Deno.Listener): Promise<void> {
  for await (const conn of listener) serve(conn).catch(() => {});
}

async function serve(conn: Deno.Conn): Promise<void> {
  using _ = conn;
  const buffer = new Uint8Array(64 * 1024);
  let head = "";
  for (let end = 0; !head.endsWith("\r\n\r\n");) {
    const length = await conn.read(buffer.subarray(end));
    if (length === null) return;
    head = fromLatin1(buffer.subarray(0, end += length));
  }
  const [, way, size, count] = /^GET \S*\/(up|down)\/(\d+)\/(\d+) /.exec(head) ?? [];
  const accepted = await acceptFor(/^sec-websocket-key: (.+)\r$/im.exec(head)?.[1] ?? "");
  await writeAll(
    conn,
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`,
  );
  const [length, messages] = [Number(size), Number(count)];
  if (way === "up") {
    await readExactly(conn, messages * frameLength(length, true), buffer);
    await writeAll(conn, burstOf({ length: 1, messages: 1, masked: false }));
  } else {
    const burst = burstOf({ length, messages, masked: false });
    const whole = messages * frameLength(length, false);
    for (let sent = 0; sent < whole; sent += burst.length) {
      await writeAll(conn, burst.subarray(0, Math.min(burst.length, whole - sent)));
    }
  }
  // The client closes the connection.
  await conn.read(buffer);
}
