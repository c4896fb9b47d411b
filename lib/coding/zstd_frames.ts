import { BadResponse } from "../upstream/errors.ts";

/** The magic numbers of frames and skippable frames, the latter without its last four bits: RFC 8878, section 3.1. */
const FRAME = 0xfd2fb528;
const SKIPPABLE_FRAME = 0x184d2a5;

/** The sizes of the headers that do not depend on what is before them, in bytes. */
const SIZES = { magic: 4, skippable: 4, descriptor: 1, block: 3 };

type State = keyof typeof SIZES | "sizes";

/**
 * A scanner that finds the ends of blocks and frames in zstd-coded content without decoding it. The runtime's decoder ignores
 * the rest of a piece after the end of a frame.
 */
export class ZstdFrames {
  #state: State = "magic";
  #header: number[] = [];
  /** The size of the current header, in bytes. */
  #size = SIZES.magic;
  /** The number of bytes that remain to be skipped. */
  #skipping = 0;
  #descriptor = 0;
  #unfinished = 0;
  #window: number | undefined;

  /** The number of bytes at the end of those read that belong to a header or a block that is not complete. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** The largest window that a frame has had so far, in bytes; undefined before the first one's is known. */
  get window(): number | undefined {
    return this.#window;
  }

  /**
   * Reads up to the end of the current frame.
   *
   * @returns How many bytes were read.
   * @throws {BadResponse} If something else than a frame begins. The runtime's decoder accepts the formats from before
   *   RFC 8878 as well, which have other headers, and takes as much memory as those ask for.
   */
  read(bytes: Uint8Array): number {
    let at = 0;
    do {
      if (this.#skipping > 0) {
        const skipped = Math.min(this.#skipping, bytes.length - at);
        this.#skipping -= skipped;
        this.#unfinished += skipped;
        at += skipped;
      } else {
        this.#unfinished++;
        this.#header.push(bytes[at++]!);
        if (this.#header.length === this.#size) this.#advance(this.#header.splice(0));
      }
      if (this.#skipping === 0 && this.#header.length === 0) this.#unfinished = 0;
    } while (at < bytes.length && !this.isAtEnd);
    return at;
  }

  /** Whether no frame is incomplete. */
  get isAtEnd(): boolean {
    return this.#state === "magic" && this.#header.length === 0 && this.#skipping === 0;
  }

  #advance(header: readonly number[]): void {
    const number = littleEndian(header);
    switch (this.#state) {
      case "magic":
        if (number === FRAME) this.#expect("descriptor", SIZES.descriptor);
        else if (Math.floor(number / 16) === SKIPPABLE_FRAME) this.#expect("skippable", SIZES.skippable);
        else throw new BadResponse("zstd content with something else than a frame of RFC 8878");
        break;
      case "skippable":
        this.#skipping = number;
        this.#expect("magic", SIZES.magic);
        break;
      case "descriptor": {
        this.#descriptor = number;
        const { window, dictionary, content } = sizesOf(number);
        this.#expect("sizes", window + dictionary + content);
        break;
      }
      case "sizes":
        this.#window = Math.max(this.#window ?? 0, windowOf(this.#descriptor, header));
        this.#expect("block", SIZES.block);
        break;
      case "block":
        // Section 3.1.1.2: an RLE block consists of one byte, whatever its size.
        this.#skipping = (number >> 1 & 3) === 1 ? 1 : number >> 3;
        if ((number & 1) === 0) break;
        // The checksum's presence is the descriptor's third bit.
        this.#skipping += (this.#descriptor >> 2 & 1) * 4;
        this.#expect("magic", SIZES.magic);
        break;
    }
  }

  #expect(state: State, size: number): void {
    this.#state = state;
    this.#size = size;
  }
}

/** Returns the sizes of what follows a frame's descriptor, in bytes: section 3.1.1.1. At least one of them is there. */
function sizesOf(descriptor: number): { window: number; dictionary: number; content: number } {
  const isSingle = descriptor >> 5 & 1;
  return {
    window: 1 - isSingle,
    dictionary: [0, 1, 2, 4][descriptor & 3]!,
    content: [isSingle, 2, 4, 8][descriptor >> 6]!,
  };
}

/** Returns the window of a frame, in bytes: section 3.1.1.1.2. It is the content's size for a frame of a single segment. */
function windowOf(descriptor: number, header: readonly number[]): number {
  const { window, content } = sizesOf(descriptor);
  if (window === 0) return littleEndian(header.slice(-content)) + (content === 2 ? 256 : 0);
  const [byte = 0] = header;
  return 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8);
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}
