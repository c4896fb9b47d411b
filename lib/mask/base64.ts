/**
 * Yields the characters that represent a text in the base64 of every longer text that holds it: RFC 4648, sections 4
 * and 5.
 *
 * Base64 turns three bytes into four characters, so a text looks different depending on how many bytes precede it:
 * there are three alignments. Characters that also carry bits of a neighbour are left out, since any character may
 * stand there; at the end of the encoded text, though, the last character is known, and yields a second form. Padding
 * carries nothing of the text, so it is never part of a form.
 *
 * @param text The bytes of the text, one per character.
 */
export function* base64Forms(text: string): Generator<string> {
  for (const [before, shared] of ALIGNMENTS) {
    const coded = btoa("\0".repeat(before) + text).replace(/=+$/, "");
    const whole = Math.floor((before + text.length) * 8 / 6);
    yield* bothAlphabets(coded.slice(shared, whole));
    yield* bothAlphabets(coded.slice(shared));
  }
}

/** Yields a base64 text without its padding, in both alphabets. */
export function* bothAlphabets(coded: string): Generator<string> {
  const bare = coded.replace(/=+$/, "");
  yield bare;
  yield bare.replaceAll("+", "-").replaceAll("/", "_");
}

/** How many bytes precede the text in its first group, and how many characters carry bits of those. */
const ALIGNMENTS: readonly (readonly [before: number, shared: number])[] = [[0, 0], [1, 2], [2, 3]];
