import { closingPayload } from "../../lib/upstream/websocket/close_code.ts";
import { FrameDecoder } from "../../lib/upstream/websocket/frame_decoder.ts";
import { encodedLimit, encodeFrame } from "../../lib/upstream/websocket/frame_encoder.ts";
import { OPCODE, type Opcode } from "../../lib/upstream/websocket/frame_head.ts";
import { acceptFor } from "../../lib/upstream/websocket/handshake.ts";
import { join } from "./bytes.ts";
import type { Exchange } from "./exchange.ts";

/** Sends a text message. */
export type SendText = (text: string) => Promise<void>;

/** What a mock does with a WebSocket. */
export interface WebSocketScript {
  readonly onOpen?: (send: SendText) => Promise<void>;
  /** Called for each message of the client, text or binary, with its text. */
  readonly onMessage: (text: string, send: SendText) => Promise<void>;
}

/** Reports whether a request asks for a WebSocket. */
export function asksForWebSocket(exchange: Exchange): boolean {
  return exchange.field("upgrade")?.toLowerCase() === "websocket";
}

/** Agrees to a WebSocket, with the first subprotocol that is offered, and speaks it until the client closes. */
export async function serveWebSocket(
  exchange: Exchange,
  { onOpen, onMessage }: WebSocketScript,
): Promise<void> {
  const source = exchange.takeOver();
  const protocol = exchange.field("sec-websocket-protocol")?.split(",")[0]?.trim();
  await exchange.write([
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${await acceptFor(exchange.field("sec-websocket-key") ?? "")}`,
    ...protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`],
    "",
    "",
  ].join("\r\n"));

  async function send(opcode: Opcode, payload: Uint8Array<ArrayBuffer>): Promise<void> {
    const frame = new Uint8Array(encodedLimit({ opcode, payload }));
    await exchange.write(frame.subarray(0, encodeFrame({ opcode, payload }, frame, undefined)));
  }
  const sendText: SendText = (text) => send(OPCODE.text, new TextEncoder().encode(text));

  await onOpen?.(sendText);
  const decoder = new FrameDecoder({ role: "server", messageLimit: 64 * 1024 * 1024 });
  const parts: Uint8Array[] = [];
  for (let bytes = await source.read(); bytes !== null; bytes = await source.read()) {
    for (const event of decoder.decode(new Uint8Array(bytes))) {
      if (event.kind === "ping") await send(OPCODE.pong, event.bytes);
      if (event.kind === "close") return await send(OPCODE.close, closingPayload(event.closing));
      if (event.kind !== "data") continue;
      parts.push(event.bytes);
      if (event.last) await onMessage(new TextDecoder().decode(join(parts.splice(0))), sendText);
    }
  }
}
