/**
 * Latin-1: one byte per character, which is how a head travels (RFC 9112, section 2.2). `TextDecoder("latin1")` does not
 * do it: it decodes Windows-1252, which maps 0x80 to 0x9f to other characters.
 *
 * @module
 */

/** How many arguments one call of `String.fromCharCode` gets at most: they all go onto the stack. */
const APPLY_LIMIT = 8 * 1024;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Decodes bytes to a text with one character per byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  // UTF-8 is by far the fastest decoder, and the same for ASCII, where no character takes two bytes or is replaced.
  const ascii = decoder.decode(bytes);
  if (ascii.length === bytes.length && !ascii.includes("\ufffd")) return ascii;
  let text = "";
  for (let at = 0; at < bytes.length; at += APPLY_LIMIT) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + APPLY_LIMIT) as unknown as number[]);
  }
  return text;
}

/** Encodes a text that holds no character beyond U+00FF to one byte per character. */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  encodeLatin1Into(text, bytes);
  return bytes;
}

/** Writes the bytes of a text to the front of `bytes`, which must have room for one byte per character. */
export function encodeLatin1Into(text: string, bytes: Uint8Array): void {
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length && written === text.length) return;
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
}
