/** A text in base64, without what can't be predicted. */
export interface Coded {
  readonly text: string;
  /** The character that follows if nothing follows the text, or empty. */
  readonly extra: string;
}

/**
 * Yields the characters that represent a text within the base64 of any text that contains it: RFC 4648, sections 4 and 5.
 *
 * Base64 encodes three bytes as four characters, so the result depends on how many bytes precede the text: there are
 * three alignments. Characters that also carry bits of adjacent bytes are omitted, since they can't be predicted. If
 * nothing follows the text, however, its last character is known. Padding carries no bits of the text, so it is never part
 * of a form.
 *
 * @param text The text, one byte per character.
 */
export function* base64Forms(text: string): Generator<Coded> {
  for (const [before, shared] of ALIGNMENTS) {
    const coded = btoa("\0".repeat(before) + text);
    const whole = Math.floor((before + text.length) * 8 / 6);
    yield* bothAlphabets({ text: coded.slice(shared, whole), extra: coded.charAt(whole) });
  }
}

/** Yields base64 without its padding, in both alphabets if they differ. */
export function* bothAlphabets({ text, extra }: Coded): Generator<Coded> {
  yield { text, extra };
  const url = { text: inUrlAlphabet(text), extra: inUrlAlphabet(extra) };
  if (url.text !== text || url.extra !== extra) yield url;
}

function inUrlAlphabet(coded: string): string {
  return coded.replaceAll("+", "-").replaceAll("/", "_");
}

/** How many bytes precede the text in its first group, and how many characters carry bits of those. */
const ALIGNMENTS: readonly (readonly [before: number, shared: number])[] = [[0, 0], [1, 2], [2, 3]];
