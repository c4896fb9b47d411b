/**
 * WebSocket frames for tests: built and read with the npm package `ws`, so that the service's own codec is held against
 * another one.
 *
 * @module
 */

import * as ws from "ws";
import {
  FrameDecoder,
  type FrameDecoderOptions,
  type FrameEvent,
} from "../../lib/upstream/websocket/frame_decoder.ts";
import { WebSocketViolation } from "../../lib/upstream/errors.ts";
import { join } from "./bytes.ts";

/** A frame as data. `rsv1` is a reserved bit. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly fin?: boolean;
  readonly rsv1?: boolean;
  readonly mask?: boolean;
}

/** What a decoder made of a connection's bytes: the messages and control frames, and how it ended. */
export interface Decoded {
  /** `text …`, `binary …`, `ping …`, `pong …` or `close CODE …`, payloads in hexadecimal. */
  readonly events: readonly string[];
  /** The close code of the violation that ended it, if one did. */
  readonly violation: number | undefined;
}

/** The parts of `ws` that its types leave out. */
interface WsParts {
  readonly Sender: {
    frame(
      data: Uint8Array,
      options: { opcode: number; fin: boolean; rsv1: boolean; mask: boolean; readOnly: boolean },
    ): Uint8Array<ArrayBuffer>[];
  };
  // deno-lint-ignore no-explicit-any
  readonly Receiver: new (options: object) => any;
}

const { Sender, Receiver } = ws as unknown as WsParts;

/** Serialises a frame with `ws`. */
export function frameBytes(
  { opcode, payload, fin = true, rsv1 = false, mask = false }: Frame,
): Uint8Array<ArrayBuffer> {
  return join(
    Sender.frame(payload, { opcode, fin, rsv1, mask, readOnly: true }).map((part) => new Uint8Array(part)),
  );
}

/** Decodes with `ws`. */
export function decodeWithWs(
  bytes: Uint8Array,
  { role, messageLimit }: FrameDecoderOptions,
): Promise<Decoded> {
  const events: string[] = [];
  const receiver = new Receiver({
    isServer: role === "server",
    maxPayload: messageLimit,
    binaryType: "nodebuffer",
    allowSynchronousEvents: true,
  });
  receiver.on("message", (data: Uint8Array, binary: boolean) => {
    events.push(`${binary ? "binary" : "text"} ${data.toHex()}`);
  });
  receiver.on("ping", (data: Uint8Array) => events.push(`ping ${data.toHex()}`));
  receiver.on("pong", (data: Uint8Array) => events.push(`pong ${data.toHex()}`));
  receiver.on("conclude", (code: number, reason: Uint8Array) => {
    events.push(`close ${code} ${new Uint8Array(reason).toHex()}`);
  });
  const { promise, resolve } = Promise.withResolvers<Decoded>();
  // The error is passed to the callback as well.
  receiver.on("error", () => {});
  receiver.on("conclude", () => resolve({ events, violation: undefined }));
  // A copy, since it unmasks in place.
  receiver.write(
    bytes.slice(),
    (error: Error | null) => resolve({ events, violation: error ? statusCode(error) : undefined }),
  );
  return promise;
}

/** Returns the close code that `ws` attaches to an error. */
function statusCode(error: Error): number | undefined {
  const key = Object.getOwnPropertySymbols(error).find(({ description }) => description === "status-code");
  return key === undefined ? undefined : (error as unknown as Record<symbol, number>)[key];
}

/** Decodes with the service's own decoder, which gets the pieces one by one. */
export function decodeOwn(pieces: readonly Uint8Array[], options: FrameDecoderOptions): Decoded {
  const decoder = new FrameDecoder(options);
  const events: string[] = [];
  let message: Uint8Array[] = [];
  try {
    for (const piece of pieces) {
      // A copy in a larger buffer, since the decoder works in place.
      const buffer = new Uint8Array(piece.length + 3);
      buffer.set(piece, 1);
      for (const event of decoder.decode(buffer.subarray(1, 1 + piece.length))) {
        if (event.kind === "data") message.push(event.bytes.slice());
        const text = eventText(event, message);
        if (text === undefined) continue;
        if (event.kind === "data") message = [];
        events.push(text);
      }
    }
    return { events, violation: undefined };
  } catch (error) {
    if (!(error instanceof WebSocketViolation)) throw error;
    return { events, violation: error.code };
  }
}

function eventText(event: FrameEvent, message: readonly Uint8Array[]): string | undefined {
  switch (event.kind) {
    case "data":
      return event.last ? `${event.text ? "text" : "binary"} ${join(message).toHex()}` : undefined;
    case "close":
      return `close ${event.closing.code} ${new TextEncoder().encode(event.closing.reason).toHex()}`;
    default:
      return `${event.kind} ${event.bytes.toHex()}`;
  }
}
