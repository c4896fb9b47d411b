/**
 * Latin-1: one byte per character, as message heads are encoded (RFC 9112, section 2.2). `TextDecoder("latin1")` is no
 * substitute: it decodes Windows-1252, which maps 0x80 to 0x9f to other characters.
 *
 * @module
 */

/** The maximum number of arguments in one call of `String.fromCharCode`: they all go onto the stack. */
const APPLY_LIMIT = 8 * 1024;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Decodes bytes to a string with one character per byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  // The UTF-8 decoder is by far the fastest. For ASCII its result is the same: as long as the bytes, nothing replaced.
  const ascii = decoder.decode(bytes);
  if (ascii.length === bytes.length && !ascii.includes("\ufffd")) return ascii;
  let text = "";
  for (let at = 0; at < bytes.length; at += APPLY_LIMIT) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + APPLY_LIMIT) as unknown as number[]);
  }
  return text;
}

/** Encodes a string without characters above U+00FF to one byte per character. */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  encodeLatin1Into(text, bytes);
  return bytes;
}

/** Encodes a string to the front of `bytes`, which must have room for one byte per character. */
export function encodeLatin1Into(text: string, bytes: Uint8Array): void {
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length && written === text.length) return;
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
}
