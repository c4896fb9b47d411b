import { encodeLatin1, encodeLatin1Into } from "../core/latin1.ts";

/** Bytes that are searched. */
export interface Content {
  readonly bytes: Uint8Array;
  /** A view of the same memory, which may extend beyond the content. */
  readonly view: DataView;
  /** The content's length, in bytes. */
  readonly length: number;
}

/** Content up to this size, in bytes, is copied, which takes less time than making a view. */
const SMALL = 4 * 1024;

/** The memory for one small content at a time. */
class Scratch implements Content {
  readonly bytes = new Uint8Array(SMALL);
  readonly view = new DataView(this.bytes.buffer);
  length = 0;
}

const scratch = new Scratch();

/** Returns bytes as content, which is valid until the next call. */
export function contentOf(bytes: Uint8Array): Content {
  if (bytes.length > SMALL) return viewed(bytes);
  scratch.bytes.set(bytes);
  scratch.length = bytes.length;
  return scratch;
}

/** Returns a text with one byte per character as content, which is valid until the next call. */
export function contentOfText(text: string): Content {
  // UTF-8 may need two bytes for a character.
  if (text.length > SMALL / 2) return viewed(encodeLatin1(text));
  encodeLatin1Into(text, scratch.bytes);
  scratch.length = text.length;
  return scratch;
}

function viewed(bytes: Uint8Array): Content {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), length: bytes.length };
}
