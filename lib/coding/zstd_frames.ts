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
  #state: keyof typeof NEEDED = "magic";
  #seen: number[] = [];
  /** How many bytes are still to be passed over. */
  #skipping = 0;
  #checksum = 0;

  /** Whether all frames that have begun have come to their end. */
  get atEnd(): boolean {
    return this.#state === "magic" && this.#seen.length === 0 && this.#skipping === 0;
  }

  /** Reads on, at most to the end of a frame. @returns How many bytes it read. */
  read(bytes: Uint8Array): number {
    let at = 0;
    do {
      if (this.#skipping > 0) {
        const passed = Math.min(this.#skipping, bytes.length - at);
        this.#skipping -= passed;
        at += passed;
        continue;
      }
      this.#seen.push(bytes[at++]!);
      if (this.#seen.length < NEEDED[this.#state]) continue;
      this.#advance(this.#seen.reduceRight((number, byte) => number * 256 + byte, 0));
      this.#seen = [];
    } while (at < bytes.length && !this.atEnd);
    return at;
  }

  #advance(number: number): void {
    switch (this.#state) {
      case "magic":
        if (number === FRAME) this.#state = "descriptor";
        else if (Math.floor(number / 16) === SKIPPABLE_FRAME) this.#state = "skippable";
        // No frame: the decoder fails at it, wherever it may end.
        else this.#skipping = Infinity;
        break;
      case "skippable":
        this.#skipping = number;
        this.#state = "magic";
        break;
      case "descriptor": {
        // Section 3.1.1.1: window, dictionary and content size, each of which may be missing.
        const single = number >> 5 & 1;
        this.#skipping = (1 - single) + [0, 1, 2, 4][number & 3]! + [single, 2, 4, 8][number >> 6]!;
        this.#checksum = number >> 2 & 1;
        this.#state = "block";
        break;
      }
      case "block": {
        // Section 3.1.1.2: a block of one byte repeated holds that byte, whatever its size.
        this.#skipping = (number >> 1 & 3) === 1 ? 1 : number >> 3;
        if ((number & 1) === 0) break;
        this.#skipping += this.#checksum * 4;
        this.#state = "magic";
        break;
      }
    }
  }
}
