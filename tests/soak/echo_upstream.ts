/**
 * The upstream of many WebSockets, a program of its own: TLS, and every message sent back. It does as little as it can, so
 * that the service has the machine: what arrives together is sent back in one write, from the buffer in which it arrived.
 *
 * It prints one line of JSON, its {@linkcode UpstreamAddress}, when it listens. When its stdin ends it prints another, its
 * {@linkcode EchoReport}, and exits.
 *
 * @module
 */

import { acceptFor } from "../../lib/upstream/websocket/handshake.ts";
import { makeAuthority } from "../support/authority.ts";
import { fromLatin1, writeAll } from "../support/bytes.ts";
import type { UpstreamAddress } from "../support/upstream_process.ts";
import type { EchoReport } from "./echo_report.ts";

/** More than arrives at once. */
const BUFFER = 64 * 1024;

/** The head of a client's frame of fewer than 126 bytes: two bytes and the key. RFC 6455, section 5.2. */
const HEAD = 6;

const CLOSE = 8;
const [PING, PONG] = [0x89, 0x8a];

/** How many messages were sent back, by the connection's number. */
const sentBack: Record<string, number> = {};
const errors = new Set<string>();

const authority = await makeAuthority();
const listener = Deno.listenTls({
  hostname: "127.0.0.1",
  port: 0,
  ...await authority.issue(["localhost"]),
});
const address: UpstreamAddress = {
  port: listener.addr.port,
  ca: authority.pem,
};
console.log(JSON.stringify(address));
void accept();
for await (const _ of Deno.stdin.readable);
const report: EchoReport = { sentBack, errors: [...errors] };
console.log(JSON.stringify(report));
Deno.exit();

async function accept(): Promise<void> {
  for await (const conn of listener) {
    serve(conn).catch((error) => errors.add(String(error))).finally(() => {
      try {
        conn.close();
      } catch {
        // It has failed.
      }
    });
  }
}

async function serve(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER);
  let end = 0;
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    const length = await conn.read(buffer.subarray(end));
    if (length === null) return;
    head = fromLatin1(buffer.subarray(0, end += length));
  }
  const nonce = /^sec-websocket-key: (.+)\r$/im.exec(head)?.[1] ?? "";
  const number = /^GET \S*?(\d+) /.exec(head)?.[1] ?? "";
  sentBack[number] = 0;
  await writeAll(
    conn,
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${await acceptFor(
      nonce,
    )}\r\n\r\n`,
  );
  let start = end = 0;
  const key = new Uint8Array(4);
  for (;;) {
    const length = await conn.read(buffer.subarray(end));
    if (length === null) return;
    end += length;
    let out = 0;
    let count = 0;
    let closes = false;
    while (!closes && end - start >= HEAD) {
      const payload = buffer[start + 1]! & 0x7f;
      if (payload > 125) throw new Error("a message that is too long");
      const next = start + HEAD + payload;
      if (next > end) break;
      closes = (buffer[start]! & 0xf) === CLOSE;
      for (let at = 0; at < 4; at++) key[at] = buffer[start + 2 + at]!;
      // The answer is shorter, and so may overwrite what has been read.
      buffer[out] = buffer[start] === PING ? PONG : buffer[start]!;
      buffer[out + 1] = payload;
      out += 2;
      for (let at = 0; at < payload; at++) {
        buffer[out + at] = buffer[start + HEAD + at]! ^ key[at & 3]!;
      }
      out += payload;
      start = next;
      if (!closes) count++;
    }
    if (out > 0) {
      const answer = buffer.subarray(0, out);
      const rest = buffer.slice(start, end);
      await writeAll(conn, answer);
      sentBack[number]! += count;
      buffer.set(rest);
      start = 0;
      end = rest.length;
    } else if (start > 0) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
    if (closes) return;
  }
}
