/**
 * A WebSocket client for tests, of the npm package `ws`, that collects what happens, and a raw one.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import * as ws from "ws";
import { ByteSource, writeAll } from "./bytes.ts";
import type { WsSocket } from "./websocket_upstream.ts";
import { within } from "./within.ts";

/** How to connect. */
export interface ConnectOptions {
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connected client. */
export interface WebSocketClient extends Disposable {
  readonly socket: WsSocket;
  /** The response to the handshake. */
  readonly response: IncomingMessage;
  /**
   * Resolves with what happens next: `text …`, `binary …` (in hexadecimal, or only its length above 100 bytes), `ping …`,
   * `pong …`, `close CODE REASON`.
   */
  next(): Promise<string>;
}

/**
 * Connects to the service.
 *
 * @throws {Error} with the status if it does not agree.
 */
export async function connectWebSocket(port: number, options: ConnectOptions = {}): Promise<WebSocketClient> {
  const { path = "/a/x", protocols = [], headers = {} } = options;
  // deno-lint-ignore no-explicit-any
  const WebSocketOfWs = (ws as any).WebSocket;
  const socket: WsSocket = new WebSocketOfWs(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  const happened: string[] = [];
  let wake = () => {};
  const add = (event: string) => {
    happened.push(event);
    wake();
  };
  const payload = (data: Uint8Array) => data.length > 100 ? `${data.length} bytes` : data.toHex();
  socket.on("message", (data: Uint8Array, isBinary: boolean) => {
    add(isBinary ? `binary ${payload(data)}` : `text ${new TextDecoder().decode(data)}`);
  });
  socket.on("ping", (data: Uint8Array) => add(`ping ${payload(data)}`));
  socket.on("pong", (data: Uint8Array) => add(`pong ${payload(data)}`));
  socket.on(
    "close",
    (code: number, reason: Uint8Array) => add(`close ${code} ${new TextDecoder().decode(reason)}`.trim()),
  );
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let response: IncomingMessage | undefined;
  socket.on("upgrade", (head: IncomingMessage) => response = head);
  socket.on("open", () => resolve(response!));
  socket.on("error", reject);

  async function next(): Promise<string> {
    while (happened.length === 0) await new Promise<void>((resume) => wake = resume);
    return happened.shift()!;
  }

  return {
    socket,
    response: await within(promise, "The WebSocket's opening"),
    next: () => within(next(), "An event of the WebSocket"),
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** The text of a client's handshake. */
export function handshakeText(path = "/a/x", fields: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: proxy",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...fields,
    "",
    "",
  ].join("\r\n");
}

/** A client's bare connection after the 101. */
export interface RawWebSocket extends Disposable {
  readonly conn: Deno.TcpConn;
  /** The head of the 101. */
  readonly head: string;
  send(bytes: Uint8Array): Promise<void>;
  /** Reads what arrives, once asked for: until then the client takes nothing. */
  source(): ByteSource;
}

/** Connects without a library. */
export async function connectRawWebSocket(port: number, path?: string): Promise<RawWebSocket> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, handshakeText(path));
  let head = "";
  const byte = new Uint8Array(1);
  // One byte at a time, so that nothing after the head is read.
  while (!head.endsWith("\r\n\r\n")) {
    if (await within(conn.read(byte), "The head of the 101") === null) throw new Error(head);
    head += String.fromCharCode(byte[0]!);
  }
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head);
  let source: ByteSource | undefined;
  return {
    conn,
    head,
    send: (bytes) => writeAll(conn, bytes),
    source: () => source ??= new ByteSource(conn),
    [Symbol.dispose]() {
      try {
        conn.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    },
  };
}
