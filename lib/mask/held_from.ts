import type { Mask } from "./mask.ts";
import { BASE64 } from "./run_alphabet.ts";

const [NEWLINE, RETURN] = [0x0a, 0x0d];

/**
 * The lengths of lines that may be wrapped base64: from 60 columns, to which some libraries wrap it, to 76, as in MIME
 * (RFC 2045, section 6.8), after as much else as a name and an equals sign.
 */
const WRAPPED = { min: 60, max: 140 };

/**
 * Returns where the bytes at the end of a piece begin that are held back, since a form might continue in the next one.
 *
 * That is the run of bytes at the end that may stand in any form, up to the length of the longest one. So what ends in a
 * space, a line break, or a bracket is passed on at once, like events, lines of JSON, and prompts. Lines of nothing but
 * base64 that may be wrapped are held back with their line break.
 *
 * None of this depends on the secrets, except for their greatest length, in large steps, and for whether any of them has an
 * unusual character.
 */
export function heldFrom(bytes: Uint8Array, { alphabet, span }: Pick<Mask, "alphabet" | "span">): number {
  const from = Math.max(0, bytes.length - span + 1);
  let end = bytes.length;
  for (;;) {
    end = alphabet.runBefore(bytes, { from, end });
    const before = wrappedLineBefore(bytes, { from, end });
    if (before === undefined) return end;
    end = before;
  }
}

/** Returns the end of a wrapped line that ends, with its line break, at a position; undefined if there is none. */
function wrappedLineBefore(
  bytes: Uint8Array,
  { from, end }: { from: number; end: number },
): number | undefined {
  let at = end;
  // A piece may end in the middle of a line break.
  if (at > from && bytes[at - 1] === NEWLINE) at--;
  if (at > from && bytes[at - 1] === RETURN) at--;
  else if (at < end) at = returnBefore(bytes, at);
  if (at === end) return undefined;
  const begin = BASE64.runBefore(bytes, { from: Math.max(0, at - WRAPPED.max - 1), end: at });
  const length = at - begin;
  return length >= WRAPPED.min && length <= WRAPPED.max ? at : undefined;
}

/** How a carriage return is written for XML before a plain newline. */
const RETURNS = ["&#13;", "&#xD;", "&#xd;"].map((text) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0))
);

/** Returns where such a carriage return begins that ends at a position, or that position. */
function returnBefore(bytes: Uint8Array, end: number): number {
  for (const text of RETURNS) {
    const at = end - text.length;
    if (at >= 0 && text.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return end;
}
