/**
 * The head of a WebSocket frame: RFC 6455, section 5.2.
 *
 * @module
 */

import { WebSocketViolation } from "../errors.ts";
import { CLOSE } from "./close_code.ts";

/** RFC 6455, section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A value of {@linkcode OPCODE}. */
export type Opcode = typeof OPCODE[keyof typeof OPCODE];

/** The head of a frame, parsed. */
export interface FrameHead {
  readonly opcode: Opcode;
  /** Whether it is the last frame of its message. */
  readonly final: boolean;
  /** The payload's length, in bytes. */
  readonly length: number;
  /** The masking key, as four bytes; undefined for a payload that is not masked. */
  readonly maskingKey: Uint8Array<ArrayBuffer> | undefined;
}

/** The maximum length of a head, in bytes. */
export const FRAME_HEAD_LIMIT = 14;

/** The maximum payload of a control frame, in bytes: section 5.5. */
export const CONTROL_LIMIT = 125;

/** Reports whether an opcode is that of a control frame. */
export function isControl(opcode: Opcode): boolean {
  return opcode >= OPCODE.close;
}

const OPCODES: ReadonlySet<number> = new Set(Object.values(OPCODE));

/** Returns the length of a head, in bytes, which its second byte tells. */
export function frameHeadLength(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

/**
 * Parses a head.
 *
 * @param bytes Exactly the head.
 * @throws {WebSocketViolation} If it is not a valid one.
 */
export function parseFrameHead(bytes: Uint8Array): FrameHead {
  const first = bytes[0]!;
  const opcode = first & 0x0f;
  // Extensions would give the reserved bits a meaning, but none is ever negotiated.
  if ((first & 0x70) !== 0) throw violation("reserved bit set");
  if (!isOpcode(opcode)) throw violation("reserved opcode");
  const final = (first & 0x80) !== 0;
  const length = payloadLength(bytes);
  if (isControl(opcode)) {
    if (!final) throw violation("fragmented control frame");
    if (length > CONTROL_LIMIT) throw violation("control frame over 125 bytes");
  }
  const masked = (bytes[1]! & 0x80) !== 0;
  return { opcode, final, length, maskingKey: masked ? bytes.slice(-4) : undefined };
}

function isOpcode(value: number): value is Opcode {
  return OPCODES.has(value);
}

function payloadLength(bytes: Uint8Array): number {
  const short = bytes[1]! & 0x7f;
  if (short < 126) return short;
  const view = new DataView(bytes.buffer, bytes.byteOffset + 2);
  if (short === 126) {
    const length = view.getUint16(0);
    if (length < 126) throw violation("length that is not minimal");
    return length;
  }
  const high = view.getUint32(0);
  // The most significant bit must be zero.
  if (high > 0x7fffffff) throw violation("length over 63 bits");
  const length = high * 2 ** 32 + view.getUint32(4);
  if (length < 2 ** 16) throw violation("length that is not minimal");
  return length;
}

function violation(message: string): WebSocketViolation {
  return new WebSocketViolation(CLOSE.protocolError, message);
}

/** Serialises a head into the front of `bytes`. @returns Its length. */
export function writeFrameHead({ opcode, final, length, maskingKey }: FrameHead, bytes: Uint8Array): number {
  const masked = maskingKey === undefined ? 0 : 0x80;
  bytes[0] = (final ? 0x80 : 0) | opcode;
  let at = 2;
  if (length < 126) bytes[1] = masked | length;
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset + 2);
    if (length < 2 ** 16) {
      bytes[1] = masked | 126;
      view.setUint16(0, length);
      at += 2;
    } else {
      bytes[1] = masked | 127;
      view.setUint32(0, Math.floor(length / 2 ** 32));
      view.setUint32(4, length >>> 0);
      at += 8;
    }
  }
  if (maskingKey === undefined) return at;
  bytes.set(maskingKey, at);
  return at + 4;
}
