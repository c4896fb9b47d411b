/**
 * Upstreams that speak WebSocket: one of the npm package `ws`, and one that sends whatever bytes a test wants.
 *
 * @module
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { acceptFor } from "../../lib/upstream/websocket/handshake.ts";
import type { Leaf } from "./authority.ts";
import { ByteSource, writeAll } from "./bytes.ts";
import { within } from "./within.ts";

/** A connection of `ws`, as far as tests use it; the package has no types here. */
// deno-lint-ignore no-explicit-any
export type WsSocket = any;

/** A running upstream. */
export interface WebSocketUpstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The heads of the handshakes that it got, by field name in lower case. */
  readonly handshakes: readonly IncomingMessage[];
}

/** What a `ws` upstream does. */
export interface WsUpstreamOptions {
  readonly onConnection: (socket: WsSocket, request: IncomingMessage) => void;
  /** Chooses a subprotocol; by default the first that is offered. */
  readonly handleProtocols?: (offered: Set<string>) => string | false;
  /** More fields of the 101. */
  readonly fields?: readonly string[];
}

/** Starts an upstream of `ws`. Without an option it sends back every message. */
export async function startWsUpstream(
  { onConnection, handleProtocols, fields = [] }: WsUpstreamOptions = { onConnection: echo },
): Promise<WebSocketUpstream> {
  const handshakes: IncomingMessage[] = [];
  const http = createServer((_request, response) => response.writeHead(200).end("plain"));
  // deno-lint-ignore no-explicit-any
  const server: any = new WebSocketServer({ server: http, ...(handleProtocols && { handleProtocols }) });
  server.on("headers", (head: string[]) => head.push(...fields));
  server.on("connection", (socket: WsSocket, request: IncomingMessage) => {
    handshakes.push(request);
    socket.on("error", () => {});
    onConnection(socket, request);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    handshakes,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Sends back every message as it came. */
export function echo(socket: WsSocket): void {
  socket.on("message", (data: Uint8Array, isBinary: boolean) => socket.send(data, { binary: isBinary }));
}

/** One connection of a raw upstream, after the 101. */
export interface RawPeer {
  /** The head of the handshake. */
  readonly head: string;
  readonly source: ByteSource;
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** A 101 with these fields after the usual ones; a function gets the right Sec-WebSocket-Accept. */
export type Agreement = (accept: string) => string;

/** The agreement of an ordinary server. */
export const AGREED: Agreement = (accept) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;

/** Starts an upstream that agrees to every handshake and then does what the script says on the bare connection. */
export function startRawWebSocket(
  script: (peer: RawPeer) => Promise<void>,
  { agreement = AGREED, tls }: { readonly agreement?: Agreement; readonly tls?: Leaf } = {},
): { readonly url: string; readonly port: number } & AsyncDisposable {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener: Deno.Listener = tls ? Deno.listenTls({ ...address, ...tls }) : Deno.listen(address);
  const open = new Set<Deno.Conn>();
  const running: Promise<void>[] = [];

  async function serve(conn: Deno.Conn): Promise<void> {
    open.add(conn);
    const close = () => {
      if (open.delete(conn)) conn.close();
    };
    try {
      const source = new ByteSource(conn);
      const head = await source.readUntil("\r\n\r\n") ?? "";
      const key = /^sec-websocket-key: (.+)\r$/im.exec(head)?.[1] ?? "";
      await writeAll(conn, agreement(await acceptFor(key)));
      await script({ head, source, send: (bytes) => writeAll(conn, bytes), close });
    } catch {
      // The service closed the connection, or the test has ended.
    } finally {
      close();
    }
  }

  const accepting = (async () => {
    for await (const conn of listener) running.push(serve(conn));
  })().catch(() => {});
  const { port } = listener.addr as Deno.NetAddr;
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) conn.close();
      open.clear();
      await within(Promise.all([accepting, ...running]), "The raw upstream's end");
    },
  };
}
