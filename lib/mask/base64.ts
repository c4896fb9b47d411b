/**
 * Yields the characters that represent a text within the base64 of any text that contains it: RFC 4648, sections 4 and 5.
 *
 * Base64 encodes three bytes as four characters, so the result depends on how many bytes precede the text: there are
 * three alignments. Characters that also carry bits of adjacent bytes are omitted, since they can't be predicted. If
 * nothing follows the text, however, its last character is known, which yields a second form. Padding carries no bits of
 * the text, so it is never part of a form.
 *
 * @param text The text, one byte per character.
 */
export function* base64Forms(text: string): Generator<string> {
  for (const [before, shared] of ALIGNMENTS) {
    const coded = btoa("\0".repeat(before) + text).replace(/=+$/, "");
    const whole = Math.floor((before + text.length) * 8 / 6);
    yield* bothAlphabets(coded.slice(shared, whole));
    yield* bothAlphabets(coded.slice(shared));
  }
}

/** Yields base64 without its padding, in both alphabets. */
export function* bothAlphabets(coded: string): Generator<string> {
  const bare = coded.replace(/=+$/, "");
  yield bare;
  yield bare.replaceAll("+", "-").replaceAll("/", "_");
}

/** How many bytes precede the text in its first group, and how many characters carry bits of those. */
const ALIGNMENTS: readonly (readonly [before: number, shared: number])[] = [[0, 0], [1, 2], [2, 3]];
