/** The magic numbers of frames and skippable frames, the latter without its last four bits: RFC 8878, section 3.1. */
const FRAME = 0xfd2fb528;
const SKIPPABLE_FRAME = 0x184d2a5;

/** The size of each header, in bytes. */
const HEADER_SIZES = { magic: 4, skippable: 4, descriptor: 1, block: 3 };

/**
 * A scanner that finds the ends of the frames in zstd-coded content without decoding it. The runtime's decoder accepts
 * incomplete content, and ignores the rest of a piece after the end of a frame.
 */
export class ZstdFrames {
  #state: keyof typeof HEADER_SIZES = "magic";
  #header: number[] = [];
  /** The number of bytes that remain to be skipped. */
  #skipping = 0;
  #checksum = 0;

  /** Whether the content may end here: no frame is incomplete. */
  get atEnd(): boolean {
    return this.#state === "magic" && this.#header.length === 0 && this.#skipping === 0;
  }

  /** Reads up to the end of the current frame. @returns How many bytes were read. */
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
        // Not a frame: the decoder fails on it, whatever follows.
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
        // Section 3.1.1.2: an RLE block consists of one byte, whatever its size.
        this.#skipping = (number >> 1 & 3) === 1 ? 1 : number >> 3;
        if ((number & 1) === 0) break;
        this.#skipping += this.#checksum * 4;
        this.#state = "magic";
        break;
      }
    }
  }
}
