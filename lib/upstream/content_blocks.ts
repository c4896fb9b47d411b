import { freeMemory } from "../core/free_memory.ts";
import type { RequestFraming } from "../http/framing.ts";
import { chunkLine } from "./chunked.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The size of a block, in bytes: a chunk of that size with its framing fills four records of TLS. */
const BLOCK_SIZE = 64 * 1024;

/** The room for the line before a chunk, and for the line break after it, in bytes. */
const HEADROOM = 6;
const TAILROOM = 2;

/** Joins pieces of content in blocks of memory, which are used again and again. */
export class ContentBlocks {
  readonly #framing: RequestFraming;
  /** The size of its blocks, in bytes. */
  readonly #size: number;
  #block: ArrayBuffer | undefined;
  /** A block that was given back. */
  #spare: ArrayBuffer | undefined;
  /** The end of what is in the current one. */
  #end = HEADROOM;
  /** The first of several pieces, or the only one, which is often all there is, and needs no block. */
  #first: Bytes | undefined;
  /** What is complete. */
  readonly #ready: Bytes[] = [];

  constructor(framing: RequestFraming) {
    this.#framing = framing;
    this.#size = framing.kind === "length"
      ? Math.min(BLOCK_SIZE, HEADROOM + framing.length + TAILROOM)
      : BLOCK_SIZE;
  }

  /** How many joined pieces are complete. */
  get count(): number {
    return this.#ready.length;
  }

  /** Whether nothing has been added to what is incomplete. */
  get isEmpty(): boolean {
    return this.#end === HEADROOM && this.#first === undefined;
  }

  /** Adds a piece, which is copied. */
  add(piece: Bytes): void {
    if (this.isEmpty && this.#mayBeAll(piece)) return void (this.#first = piece.slice());
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#copy(first);
    this.#copy(piece);
  }

  #mayBeAll({ length }: Bytes): boolean {
    return this.#framing.kind === "length" ? length === this.#framing.length : 2 * length < BLOCK_SIZE;
  }

  #copy(piece: Bytes): void {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + this.#size - TAILROOM - this.#end);
      new Uint8Array(this.#block ??= this.#takeSpare()).set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      if (this.#end === this.#size - TAILROOM) this.flush();
    }
  }

  /** Completes a joined piece. */
  flush(): void {
    if (this.#first !== undefined) {
      this.#ready.push(this.#first);
      this.#first = undefined;
    }
    const length = this.#end - HEADROOM;
    if (length === 0) return;
    const piece = new Uint8Array(this.#block!, HEADROOM, length);
    this.#end = HEADROOM;
    // A client may send little at a time, which must not take a block each.
    if (2 * length < this.#size) return void this.#ready.push(piece.slice());
    this.#ready.push(piece);
    this.#block = undefined;
  }

  /** Returns the next joined piece. Its memory belongs to the caller. */
  shift(): Bytes | undefined {
    return this.#ready.shift();
  }

  /** Takes back the memory of a piece, from wherever it is, which is not used any more. */
  release(piece: Bytes): void {
    if (isBlock(piece) && this.#spare === undefined) this.#spare = piece.buffer;
    else freeMemory(piece);
  }

  /** Frees all memory. */
  free(): void {
    this.#block?.transfer(0);
    this.#spare?.transfer(0);
    this.#block = this.#spare = undefined;
    this.#end = HEADROOM;
    this.#first = undefined;
    for (const piece of this.#ready.splice(0)) freeMemory(piece);
  }

  #takeSpare(): ArrayBuffer {
    const block = this.#spare ?? new ArrayBuffer(this.#size);
    this.#spare = undefined;
    return block;
  }
}

/** Returns a piece as a chunk: RFC 9112, section 7.1. In a block it is made in place. */
export function chunkOf(piece: Bytes): Bytes {
  const line = chunkLine(piece.length);
  const size = line.length + piece.length + TAILROOM;
  const chunk = isBlock(piece)
    ? new Uint8Array(piece.buffer, HEADROOM - line.length, size)
    : new Uint8Array(size);
  if (chunk.buffer !== piece.buffer) chunk.set(piece, line.length);
  encoder.encodeInto(line, chunk);
  chunk.set(LINE_BREAK, line.length + piece.length);
  return chunk;
}

/** Reports whether a piece lies in a block, with room around it. */
function isBlock({ buffer, byteOffset, byteLength }: Bytes): boolean {
  return byteOffset === HEADROOM && buffer.byteLength === BLOCK_SIZE &&
    byteOffset + byteLength + TAILROOM <= BLOCK_SIZE;
}

const encoder = new TextEncoder();
const LINE_BREAK = encoder.encode("\r\n");
