/**
 * Every spelling of a secret that the mask promises to find, made by plain encoders; and everything that it may find, as
 * one pattern. Neither uses the mask's own code.
 *
 * @module
 */
import { fromLatin1 } from "./bytes.ts";

/** How an encoder spells a character, as a text of one byte per character. */
type Encode = (char: string) => string;

const hex = (char: string, digits = 2) => char.charCodeAt(0).toString(16).padStart(digits, "0");
const HEX = (char: string, digits = 2) => hex(char, digits).toUpperCase();
const NAMED: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Encoders of single characters. */
const ENCODERS: readonly Encode[] = [
  (char) => `%${HEX(char)}`,
  (char) => `%${hex(char)}`,
  (char) => `%25${HEX(char)}`,
  (char) => `%25${hex(char)}`,
  (char) => `\\u${HEX(char, 4)}`,
  (char) => `\\u${hex(char, 4)}`,
  (char) => `\\x${HEX(char)}`,
  (char) => `\\x${hex(char)}`,
  (char) => `&#${char.charCodeAt(0)};`,
  (char) => `&#x${HEX(char, 1)};`,
  (char) => `&#x${hex(char, 1)};`,
  (char) => NAMED[char] ?? char,
  (char) => /[!-/:-@[-`{-~]/.test(char) ? `\\${char}` : char,
];

const isPlain = (char: string) => /[A-Za-z0-9]/.test(char);

/** Returns a text with all characters escaped, with all that are no letters or digits, and with each choice of some. */
function escaped(text: string): string[] {
  const special = [...new Set([...text].filter((char) => !isPlain(char)))]
    .slice(0, 4);
  return ENCODERS.flatMap((encode) => {
    const found = [[...text].map(encode).join("")];
    for (let chosen = 1; chosen < 1 << special.length; chosen++) {
      const encoded = special.filter((_, at) => (chosen >> at & 1) === 1);
      found.push([...text].map((char) => encoded.includes(char) ? encode(char) : char).join(""));
    }
    if (special.length < new Set([...text].filter((char) => !isPlain(char))).size) {
      found.push([...text].map((char) => isPlain(char) ? char : encode(char)).join(""));
    }
    return found;
  });
}

const inUrlAlphabet = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

/** Returns the characters that represent a text, wherever it stands in the text that is encoded. */
function base64(text: string, end?: "with the last"): string[] {
  return [0, 1, 2].flatMap((before) => {
    const coded = btoa("\0".repeat(before) + text).replace(/=+$/, "");
    const from = Math.ceil(before * 8 / 6);
    const to = Math.floor((before + text.length) * 8 / 6);
    const cores = [coded.slice(from, to), ...end === undefined ? [] : [coded.slice(from)]];
    return cores.flatMap((core) => [core, inUrlAlphabet(core)]);
  });
}

function utf8(text: string): string {
  return fromLatin1(new TextEncoder().encode(text));
}

/** Returns what is promised to be found of a secret; not its base64 in lines. */
export function promisedSpellings(secret: string): string[] {
  const texts = [...new Set([secret, utf8(secret)])];
  const coded = texts.flatMap((text) => base64(text));
  return [
    ...new Set([
      ...texts,
      ...texts.flatMap(escaped),
      ...texts.flatMap((text) => [
        [...text].map((char) => hex(char)).join(""),
        [...text].map((char) => HEX(char)).join(""),
      ]),
      ...coded,
      ...coded.flatMap(escaped),
      ...coded.flatMap((text) => base64(text)),
      // UTF-16, in either byte order.
      [...secret].join("\0"),
    ]),
  ];
}

/** Returns each promised spelling of base64 broken into lines at a position. */
export function wrappedSpellings(secret: string): string[] {
  const found: string[] = [];
  for (const coded of base64(secret)) {
    for (const lineBreak of ["\n", "\r\n", "\\n", "\\r\\n"]) {
      for (let at = 1; at < coded.length; at++) {
        const wrapped = coded.slice(0, at) + lineBreak + coded.slice(at);
        // The letter of an escaped line break may be the one before it as well; then one letter remains.
        if (!wrapped.includes(coded)) found.push(wrapped);
      }
    }
  }
  return found;
}

/** Returns a pattern of everything that may be found of a secret: each character in any spelling, and lines broken anywhere. */
function patternsOf(secret: string): RegExp[] {
  const anyBreak = String
    .raw`(?:\r?\n|(?:\\r)?\\n|(?:%0[Dd])?%0[Aa]|(?:&#13;)?&#10;)?`;
  const literal = (text: string) => text.replace(/[^A-Za-z0-9]/g, (char) => `\\u${hex(char, 4)}`);
  const anyCase = (text: string) =>
    text.replace(/[a-f]/gi, (char) => `[${char.toLowerCase()}${char.toUpperCase()}]`);
  const anySpelling = (char: string) => {
    const code = anyCase(hex(char));
    const options = [
      literal(char),
      `%(?:25)?${code}`,
      `\\\\(?:u00|x)${code}`,
      `&#0{0,4}${char.charCodeAt(0)};`,
      `&#[xX]0{0,3}${anyCase(hex(char, 1))};`,
      ...NAMED[char] === undefined ? [] : [NAMED[char]],
      ...isPlain(char) || char > "\x7f" ? [] : [`\\\\${literal(char)}`],
      ...char === " " ? ["\\+"] : [],
    ];
    return `(?:${options.join("|")})`;
  };
  const texts = [...new Set([secret, utf8(secret), secret.toLowerCase()])];
  const once = [...new Set([secret, utf8(secret)])].flatMap((text) => base64(text, "with the last"));
  const twice = once.flatMap((text) => base64(text, "with the last"));
  const exact = [secret, utf8(secret)].flatMap((text) => [
    [...text].map((char) => hex(char)).join(""),
    [...text].map((char) => HEX(char)).join(""),
    [...text].join("\0"),
  ]);
  return [
    ...[...texts, ...twice].map((text) => [...text].map(anySpelling).join("")),
    ...once.map((text) => [...text].map(anySpelling).join(anyBreak)),
    ...exact.map(literal),
  ].map((source) => new RegExp(source, "gy"));
}

/** Returns a function that masks a body wherever any pattern matches. */
export function maskerOfAll(secret: string): (body: string) => string {
  const patterns = patternsOf(secret);
  return (body) => {
    const masked = body.split("");
    for (const pattern of patterns) {
      for (let at = 0; at < body.length; at++) {
        pattern.lastIndex = at;
        const match = pattern.exec(body);
        if (match !== null) masked.fill("*", at, at + match[0].length);
      }
    }
    return masked.join("");
  };
}

/** Masks a body by the plainest means: each spelling, wherever it stands. */
export function maskedPlainly(spellings: readonly string[], body: string): string {
  const masked = body.split("");
  for (const spelling of spellings) {
    for (
      let at = body.indexOf(spelling);
      at >= 0;
      at = body.indexOf(spelling, at + 1)
    ) {
      masked.fill("*", at, at + spelling.length);
    }
  }
  return masked.join("");
}
