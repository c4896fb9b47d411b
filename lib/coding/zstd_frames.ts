/** RFC 8878, section 3.1: how frames and skippable frames begin, in little-endian order. */
const FRAME = 0xfd2fb528;
const SKIPPABLE_FRAME = 0x184d2a5;

/** How many bytes each header takes. */
const HEADER_SIZES = { magic: 4, skippable: 4, descriptor: 1, block: 3 };

/**
 * Finds where the frames of zstd-coded content end, without decoding it. The runtime's decoder accepts any end of the
 * content, and ignores everything after the end of a frame if the piece that it is given goes on.
 */
export class ZstdFrames {
  #state: keyof typeof HEADER_SIZES = "magic";
  #header: number[] = [];
  /** How many bytes are still to be skipped. */
  #skipping = 0;
  #checksum = 0;

  /** Whether the content may end here: no frame is incomplete. */
  get atEnd(): boolean {
    return this.#state === "magic" && this.#header.length === 0 && this.#skipping === 0;
  }

  /** Reads up to the end of a frame at most. @returns How many bytes it read. */
  read(bytes: Uint8Array): number {
    let at = 0;
    do {
      if (this.#skipping > 0) {
        const skipped = Math.min(this.#skipping, bytes.length - at);
        this.#skipping -= skipped;
        at += skipped;
        continue;
      }
      this.#header.push(bytes[at++]!);
      if (this.#header.length < HEADER_SIZES[this.#state]) continue;
      this.#advance(this.#header.reduceRight((number, byte) => number * 256 + byte, 0));
      this.#header = [];
    } while (at < bytes.length && !this.atEnd);
    return at;
  }

  #advance(number: number): void {
    switch (this.#state) {
      case "magic":
        if (number === FRAME) this.#state = "descriptor";
        else if (Math.floor(number / 16) === SKIPPABLE_FRAME) this.#state = "skippable";
        // Not a frame: the decoder will fail on it, whatever follows.
        else this.#skipping = Infinity;
        break;
      case "skippable":
        this.#skipping = number;
        this.#state = "magic";
        break;
      case "descriptor": {
        // Section 3.1.1.1: window, dictionary and content size, each of which may be absent.
        const single = number >> 5 & 1;
        this.#skipping = (1 - single) + [0, 1, 2, 4][number & 3]! + [single, 2, 4, 8][number >> 6]!;
        this.#checksum = number >> 2 & 1;
        this.#state = "block";
        break;
      }
      case "block": {
        // Section 3.1.1.2: a block of one repeated byte holds just that byte, whatever its size.
        this.#skipping = (number >> 1 & 3) === 1 ? 1 : number >> 3;
        if ((number & 1) === 0) break;
        this.#skipping += this.#checksum * 4;
        this.#state = "magic";
        break;
      }
    }
  }
}
