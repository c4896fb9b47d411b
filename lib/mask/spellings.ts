/**
 * The spellings of a character, by encoder. Encoders differ in which characters they escape and how; for a text of letters
 * and digits most of them agree.
 *
 * @module
 */

import { NAMED_REFERENCES } from "./named_references.ts";

/** The spellings of a character besides itself, in the output of one kind of encoder. */
export type Speller = (char: string) => readonly string[];

const LETTER_OR_DIGIT = /[A-Za-z0-9]/;
const HAS_SPECIAL = /[^A-Za-z0-9]/;

/** Reports whether an encoder may leave a character as it is while it escapes others. */
export function isSpecial(char: string): boolean {
  return !LETTER_OR_DIGIT.test(char);
}

/** The punctuation of ASCII, which Markdown escapes with a backslash: CommonMark, section 2.4. */
const PUNCTUATION = /[!-/:-@[-`{-~]/;

function backslashed(char: string): readonly string[] {
  return PUNCTUATION.test(char) ? [`\\${char}`] : [];
}

/** What JSON and JavaScript escape with a backslash: RFC 8259, section 7. */
function quoted(char: string): readonly string[] {
  return "\"\\/'`".includes(char) ? [`\\${char}`] : [];
}

/** HTML's named references, as PHP writes them for HTML 5: for all punctuation that has one. */
function named(char: string): readonly string[] {
  const reference = NAMED_REFERENCES.get(char);
  return reference === undefined ? [] : [reference];
}

/** Those that all encoders for HTML use. */
function usuallyNamed(char: string): readonly string[] {
  return "&<>\"'".includes(char) ? named(char) : [];
}

/** Digits of either case are the same to an index, see `FOLD`. */
function hex(char: string, digits: number): string {
  return char.charCodeAt(0).toString(16).padStart(digits, "0");
}

/**
 * The kinds of encoders. Each is consistent: it always spells a character the same way.
 *
 * Percent-encoding (RFC 3986, section 2.1), with `+` for a space in forms, once and twice; JSON and JavaScript; Markdown;
 * HTML with decimal references (PHP pads that of the apostrophe), with hexadecimal ones, and with names only.
 */
export const SPELLERS: readonly Speller[] = [
  (char) => [`%${hex(char, 2)}`],
  (char) => [char === " " ? "+" : `%${hex(char, 2)}`],
  (char) => [`%25${hex(char, 2)}`],
  (char) => [...quoted(char), `\\u${hex(char, 4)}`],
  (char) => [...quoted(char), `\\x${hex(char, 2)}`],
  (char) => [...usuallyNamed(char), `&#x${hex(char, 1)};`],
  (char) => [...usuallyNamed(char), `&#${char.charCodeAt(0)};`],
  (char) => char === "'" ? ["&#039;"] : usuallyNamed(char),
  named,
  backslashed,
];

/**
 * The most spellings of one kind that are enumerated. A text of many different special characters has more: then those are
 * added in which the characters that encoders usually leave as they are, and no others, are left.
 */
const LIMIT = 1024;

/** The most spellings that one kind of encoder has for a character. */
const CHOICES = 2;

/** What usual encoders leave as it is, besides letters and digits, or else what they escape. */
const KEPT: readonly RegExp[] = [
  /(?!)/,
  // URIs: RFC 3986, section 2.3; Python; PHP; forms; JavaScript's two functions, and what URLs keep besides.
  /[-._~]/,
  /[-._~/]/,
  /[-._]/,
  /[-._*]/,
  /[-._!~*'()]/,
  /[-._!~*'();,/?:@&=+$#]/,
  /[-._!~*'();,/?:@&=+$#[\]]/,
  // JSON, also for HTML; HTML, also of templates.
  /[^"\\]/,
  /[^"\\/]/,
  /[^"\\<>&]/,
  /[^"\\<>&']/,
  /[^<>&]/,
  /[^<>&"]/,
  /[^<>&"']/,
  /[^<>&"'`=]/,
  /[^<>&"'`=/]/,
];

/**
 * Returns the distinct ends (or beginnings) of a text's spellings.
 *
 * @param text One byte per character.
 * @param length How many bytes of each spelling are wanted. Spellings that are shorter are omitted.
 */
export function spelledEnds(
  text: string,
  { length, side }: { length: number; side: "start" | "end" },
): Set<string> {
  const found = new Set<string>();
  const plain = side === "end" ? text.slice(-length) : text.slice(0, length);
  if (plain.length === length) found.add(plain);
  if (!HAS_SPECIAL.test(plain)) return found;
  for (const speller of SPELLERS) {
    const limit = found.size + LIMIT;
    const choices = new Map<string, string>();
    const walk = (index: number, spelled: string): void => {
      if (found.size >= limit) return;
      if (spelled.length >= length) {
        found.add(side === "end" ? spelled.slice(-length) : spelled.slice(0, length));
        return;
      }
      const char = side === "end" ? text[text.length - 1 - index] : text[index];
      if (char === undefined) return;
      const spell = (option: string): void =>
        walk(index + 1, side === "end" ? option + spelled : spelled + option);
      const chosen = choices.get(char);
      if (chosen !== undefined) spell(chosen);
      else if (!isSpecial(char)) spell(char);
      else {
        for (const option of [char, ...speller(char)]) {
          choices.set(char, option);
          spell(option);
        }
        choices.delete(char);
      }
    };
    walk(0, "");
    if (found.size >= limit) addUsual(found, speller, { text, length, side });
  }
  return found;
}

/** Adds the ends (or beginnings) of the spellings of one kind with all that usual encoders escape. */
function addUsual(
  found: Set<string>,
  speller: Speller,
  { text, length, side }: { text: string; length: number; side: "start" | "end" },
): void {
  // Each character has one byte at least.
  const chars = [...side === "end" ? text.slice(-length) : text.slice(0, length)];
  for (const kept of KEPT) {
    for (let choice = 0; choice < CHOICES; choice++) {
      const spelled = chars.map((char) => {
        const options = isSpecial(char) && !kept.test(char) ? speller(char) : [];
        return options[Math.min(choice, options.length - 1)] ?? char;
      }).join("");
      if (spelled.length < length) continue;
      found.add(side === "end" ? spelled.slice(-length) : spelled.slice(0, length));
    }
  }
}
