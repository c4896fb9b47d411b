/**
 * The payload of a close frame: RFC 6455, sections 5.5.1 and 7.4.
 *
 * @module
 */

import { WebSocketViolation } from "../errors.ts";
import { Utf8Check } from "./utf8_check.ts";

/** Status codes that the service itself uses. */
export const CLOSE = {
  goingAway: 1001,
  protocolError: 1002,
  /** Never sent: stands for a close frame without a code. */
  none: 1005,
  /** Never sent: stands for a connection that ended without a close frame. */
  abnormal: 1006,
  invalidText: 1007,
  /** The client was revoked. */
  policyViolation: 1008,
  tooBig: 1009,
  /** The other side of the proxy was lost. */
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

/** How a peer ended a connection. */
export interface Closing {
  /** {@linkcode CLOSE.none} if the peer gave no code. */
  readonly code: number;
  readonly reason: string;
}

/** The maximum length of a reason, in bytes: a control frame holds 125, two of which are the code. */
const REASON_LIMIT = 123;

/** Reports whether a code may be in a close frame: registered by RFC 6455 or IANA, or for private use. */
export function isSendableCode(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== CLOSE.none && code !== CLOSE.abnormal;
}

/**
 * Parses the payload of a close frame.
 *
 * @throws {WebSocketViolation} If it is invalid.
 */
export function parseClosing(payload: Uint8Array): Closing {
  if (payload.length === 0) return { code: CLOSE.none, reason: "" };
  const code = payload.length === 1 ? 0 : payload[0]! << 8 | payload[1]!;
  if (!isSendableCode(code)) throw new WebSocketViolation(CLOSE.protocolError, "invalid close code");
  const text = payload.subarray(2);
  const check = new Utf8Check();
  if (!check.push(text) || !check.complete) {
    throw new WebSocketViolation(CLOSE.invalidText, "close reason that is not UTF-8");
  }
  return { code, reason: new TextDecoder().decode(text) };
}

/** Serialises the payload of a close frame. A reason that is too long is cut at a character. */
export function closingPayload({ code, reason }: Closing): Uint8Array<ArrayBuffer> {
  if (code === CLOSE.none) return new Uint8Array(0);
  const payload = new Uint8Array(2 + REASON_LIMIT);
  payload[0] = code >> 8;
  payload[1] = code;
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return payload.subarray(0, 2 + written);
}
