/**
 * The frames of `application/vnd.amazon.eventstream`, in which AWS sends events: a length, the length of the headers, a
 * checksum of both; headers and payload; a checksum of all that.
 *
 * An event is binary, so its last bytes may look like part of a word. As nothing goes on from one frame to the next, what
 * ends with a frame may pass at once. The checksums make sure that a frame ends there: nobody can have one end in the middle
 * of a secret without knowing the secret. An upstream knows its own, so what passes is searched again with what follows.
 *
 * @module
 */

/** The media type of such content. */
export const EVENT_FRAMES = "application/vnd.amazon.eventstream";

/** The size of the lengths and their checksum, and of the frame's checksum, in bytes. */
const [PRELUDE, CHECKSUM] = [12, 4];

/** The size of a frame at most, in bytes. */
const FRAME_LIMIT = 16 * 1024 * 1024;

/** Follows the frames of a stream. */
export class EventFrames {
  /** The prelude of the current frame, and then its checksum, as far as they have come. */
  readonly #bytes = new Uint8Array(PRELUDE);
  readonly #view = new DataView(this.#bytes.buffer);
  #filled = 0;
  /** How many bytes are left before the frame's checksum; undefined within the prelude. */
  #left: number | undefined;
  #crc = CRC_START;
  #failed = false;

  /**
   * Reads the next piece.
   *
   * @returns The offset in the piece after the last frame that ends in it; 0 if none does, or if the stream has no valid frames.
   */
  push(piece: Uint8Array): number {
    let end = 0;
    for (let at = 0; at < piece.length && !this.#failed;) {
      if (this.#left === undefined) {
        at = this.#fill(piece, { at, size: PRELUDE });
        if (this.#filled === PRELUDE) this.#begin();
      } else if (this.#left > 0) {
        const to = Math.min(piece.length, at + this.#left);
        this.#crc = crcOf(piece.subarray(at, to), this.#crc);
        this.#left -= to - at;
        at = to;
      } else {
        at = this.#fill(piece, { at, size: CHECKSUM });
        if (this.#filled < CHECKSUM) break;
        if (this.#view.getInt32(0) !== ~this.#crc) this.#failed = true;
        else end = at;
        this.#filled = 0;
        this.#left = undefined;
        this.#crc = CRC_START;
      }
    }
    return this.#failed ? 0 : end;
  }

  #fill(piece: Uint8Array, { at, size }: { at: number; size: number }): number {
    const part = piece.subarray(at, at + size - this.#filled);
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    return at + part.length;
  }

  #begin(): void {
    const length = this.#view.getUint32(0);
    const checked = ~crcOf(this.#bytes.subarray(0, 8), CRC_START);
    this.#failed = length < PRELUDE + CHECKSUM || length > FRAME_LIMIT || this.#view.getInt32(8) !== checked;
    this.#crc = crcOf(this.#bytes, CRC_START);
    this.#left = length - PRELUDE - CHECKSUM;
    this.#filled = 0;
  }
}

const CRC_START = -1;

/** Per byte: its remainder. The polynomial is that of ISO 3309, in reverse: RFC 1952, section 8. */
const REMAINDERS = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : value >>> 1 ^ 0xedb88320;
  return value;
});

function crcOf(bytes: Uint8Array, crc: number): number {
  for (const byte of bytes) crc = crc >>> 8 ^ REMAINDERS[(crc ^ byte) & 0xff]!;
  return crc;
}
