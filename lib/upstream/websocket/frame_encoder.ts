import { FRAME_HEAD_LIMIT, type Opcode, writeFrameHead } from "./frame_head.ts";
import { applyMaskingKey } from "./masking.ts";

/** Returns the next masking key, as four bytes that are valid until the next call. */
export type MaskingKeys = () => Uint8Array<ArrayBuffer>;

/** How many bytes of randomness are fetched at once. */
const POOL_SIZE = 1024;

/** Returns unpredictable masking keys: RFC 6455, section 5.3. */
export function randomMaskingKeys(): MaskingKeys {
  const pool = new Uint8Array(POOL_SIZE);
  let at = POOL_SIZE;
  return () => {
    if (at === POOL_SIZE) {
      crypto.getRandomValues(pool);
      at = 0;
    }
    return pool.subarray(at, at += 4);
  };
}

/** A frame to encode. */
export interface OutgoingFrame {
  readonly opcode: Opcode;
  /** The whole payload. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Whether it is the last frame of its message; true by default. */
  readonly final?: boolean;
}

/** Returns the maximum length of an encoded frame, in bytes. */
export function encodedLimit({ payload }: OutgoingFrame): number {
  return FRAME_HEAD_LIMIT + payload.length;
}

/**
 * Encodes a frame to the front of `into`, which must have room for it.
 *
 * @param key The masking key of a client's frame; undefined for a server's.
 * @returns The frame's length.
 */
export function encodeFrame(
  { opcode, payload, final = true }: OutgoingFrame,
  into: Uint8Array,
  key: Uint8Array<ArrayBuffer> | undefined,
): number {
  const start = writeFrameHead({ opcode, final, length: payload.length, maskingKey: key }, into);
  into.set(payload, start);
  const end = start + payload.length;
  if (key !== undefined) applyMaskingKey(into.subarray(start, end), key);
  return end;
}
