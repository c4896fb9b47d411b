/** Frames are sent in bursts of about so many bytes. */
const BURST = 1024 * 1024;

/** Returns the length of the frame of a text message, in bytes. */
export function frameLength(length: number, masked: boolean): number {
  return headLength(length) + (masked ? 4 : 0) + length;
}

function headLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Messages of one kind. */
export interface Messages {
  /** Of each, in bytes. */
  readonly length: number;
  readonly messages: number;
  /** Whether a client sends them; its masking key is zero. */
  readonly masked: boolean;
}

/** Returns the frames of some of these messages, whole ones. */
export function burstOf({ length, messages, masked }: Messages): Uint8Array {
  const frame = new Uint8Array(frameLength(length, masked)).fill(0x78);
  const head = headLength(length);
  frame[0] = 0x81;
  frame[1] = (masked ? 0x80 : 0) | (head === 2 ? length : head === 4 ? 126 : 127);
  const view = new DataView(frame.buffer);
  if (head === 4) view.setUint16(2, length);
  if (head === 10) view.setBigUint64(2, BigInt(length));
  if (masked) frame.fill(0, head, head + 4);
  const count = Math.min(messages, Math.max(1, Math.floor(BURST / frame.length)));
  const burst = new Uint8Array(count * frame.length);
  for (let at = 0; at < burst.length; at += frame.length) burst.set(frame, at);
  return burst;
}

/** Reads so many bytes, into the same buffer again and again. @throws {Error} If there are fewer. */
export async function readExactly(
  conn: Pick<Deno.Conn, "read">,
  length: number,
  buffer: Uint8Array,
): Promise<void> {
  for (let left = length; left > 0;) {
    const read = await conn.read(buffer.subarray(0, left));
    if (read === null) throw new Error(`The connection ended ${left} bytes too early`);
    left -= read;
  }
}
