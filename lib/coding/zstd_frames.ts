/** RFC 8878, section 3.1: what frames, and the frames that decoders skip, begin with; the first byte is the lowest. */
const FRAME = 0xfd2fb528;
const SKIPPABLE_FRAME = 0x184d2a5;

/** How many bytes tell what follows, in each place. */
const NEEDED = { magic: 4, skippable: 4, descriptor: 1, block: 3 };

/**
 * Follows the frames of zstd-coded content without decoding it, to know where they end. The runtime's decoder takes any
 * end of the content for the right one, and stops for good at the end of a frame that has more behind it in one piece.
 */
export class ZstdFrames {
  #place: keyof typeof NEEDED = "magic";
  #seen: number[] = [];
  /** How many bytes are still to be passed over. */
  #passing = 0;
  #checksum = 0;

  /** Whether all frames that have begun have come to their end. */
  get whole(): boolean {
    return this.#place === "magic" && this.#seen.length === 0 && this.#passing === 0;
  }

  /** Reads on, at most to the end of a frame. @returns How many bytes it read. */
  read(bytes: Uint8Array): number {
    let at = 0;
    do {
      if (this.#passing > 0) {
        const passed = Math.min(this.#passing, bytes.length - at);
        this.#passing -= passed;
        at += passed;
        continue;
      }
      this.#seen.push(bytes[at++]!);
      if (this.#seen.length < NEEDED[this.#place]) continue;
      this.#judge(this.#seen.reduceRight((number, byte) => number * 256 + byte, 0));
      this.#seen = [];
    } while (at < bytes.length && !this.whole);
    return at;
  }

  #judge(number: number): void {
    switch (this.#place) {
      case "magic":
        if (number === FRAME) this.#place = "descriptor";
        else if (Math.floor(number / 16) === SKIPPABLE_FRAME) this.#place = "skippable";
        // No frame: the decoder fails at it, wherever it may end.
        else this.#passing = Infinity;
        break;
      case "skippable":
        this.#passing = number;
        this.#place = "magic";
        break;
      case "descriptor": {
        // Section 3.1.1.1: window, dictionary and content size, each of which may be missing.
        const single = number >> 5 & 1;
        this.#passing = (1 - single) + [0, 1, 2, 4][number & 3]! + [single, 2, 4, 8][number >> 6]!;
        this.#checksum = number >> 2 & 1;
        this.#place = "block";
        break;
      }
      case "block": {
        // Section 3.1.1.2: a block of one byte repeated holds that byte, whatever its size.
        this.#passing = (number >> 1 & 3) === 1 ? 1 : number >> 3;
        if ((number & 1) === 0) break;
        this.#passing += this.#checksum * 4;
        this.#place = "magic";
        break;
      }
    }
  }
}
