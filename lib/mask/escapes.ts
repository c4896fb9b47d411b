/**
 * The results of common encoders. Encoders differ in which characters they escape and how, so each function yields the
 * distinct results of all encoders in wide use; for a text of letters and digits there is only one.
 *
 * @module
 */

/** Encodes one character that is not an ASCII letter or digit. */
type Speller = (char: string) => string;

/**
 * Characters besides letters and digits that encoders leave unescaped in a URI: RFC 3986's unreserved ones; those of the
 * URL standard's form encoding; PHP's; JavaScript's `encodeURIComponent` and `encodeURI`; Python's `quote`; Go's
 * `PathEscape`.
 */
const KEPT_IN_URI = ["-_.~", "*-._", "-_.", "-_.!~*'()", "-_.!~*'();/?:@&=+$,#", "-_.~/", "-_.~$&+:=@"];

/** Yields a text with its special characters percent-encoded (RFC 3986, section 2.1), and with all of them. */
export function* percentForms(bytes: string): Generator<string> {
  yield* spellings(bytes, PERCENT);
  for (const upper of [true, false]) yield eachByte(bytes, "%", upper);
}

const PERCENT: readonly Speller[] = [...combinations([true, false], KEPT_IN_URI, ["%20", "+"])].map(
  ([upper, kept, space]) => (char) => {
    if (kept.includes(char)) return char;
    return char === " " ? space : `%${hex(char, 2, upper)}`;
  },
);

/** Yields a text in hexadecimal, in both cases. */
export function* hexForms(bytes: string): Generator<string> {
  for (const upper of [true, false]) yield eachByte(bytes, "", upper);
}

/**
 * Characters that JSON encoders needlessly write as `\u` and four digits: none; Go's and Rails'; Gson's; .NET's; PHP's
 * `JSON_HEX_*`; Django's `escapejs`.
 */
const ESCAPED_IN_JSON = ["", "<>&", "<>&='", "\"&'+<>`", "<>&'\"", "<>&'\"\\=-;`"];

/** Yields a text as the content of a JSON string: RFC 8259, section 7. */
export function jsonForms(text: string): Generator<string> {
  return spellings(text, JSON_STRING);
}

const JSON_STRING: readonly Speller[] = [
  ...combinations([true, false], ESCAPED_IN_JSON, ["/", "\\/"], [true, false]),
].map(([upper, escaped, slash, ascii]) => (char) => {
  if (escaped.includes(char) || (ascii && char > "\x7f")) return `\\u${hex(char, 4, upper)}`;
  if (char === "/") return slash;
  return char === '"' || char === "\\" ? `\\${char}` : char;
});

/** Yields a text with HTML or XML character references. */
export function htmlForms(text: string): Generator<string> {
  return spellings(text, HTML);
}

/**
 * The character references of encoders: in text only; in attributes; JavaScript's and Python's; PHP's; XML's;
 * Go's two; Mustache's, Handlebars' and OWASP's.
 */
const HTML: readonly Speller[] = [
  {},
  { '"': "&quot;" },
  { '"': "&quot;", "'": "&#39;" },
  { '"': "&quot;", "'": "&#x27;" },
  { '"': "&quot;", "'": "&#039;" },
  { '"': "&quot;", "'": "&apos;" },
  { '"': "&#34;", "'": "&#39;" },
  { '"': "&#34;", "'": "&#39;", "+": "&#43;" },
  { '"': "&quot;", "'": "&#39;", "/": "&#x2F;", "`": "&#x60;", "=": "&#x3D;" },
  { '"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;" },
  { '"': "&quot;", "'": "&#x27;", "/": "&#x2F;" },
].map((more) => {
  const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", ...more };
  return (char) => references[char] ?? char;
});

/** Yields each distinct spelling of a text. */
function* spellings(text: string, spellers: readonly Speller[]): Generator<string> {
  const special = [...new Set(text.match(SPECIAL))];
  const seen = new Set<string>();
  for (const spell of spellers) {
    // Most spellers agree on a given text. Comparing only its special characters avoids a copy of the text for each.
    const key = special.map(spell).join("\n");
    if (seen.has(key)) continue;
    seen.add(key);
    yield text.replace(SPECIAL, spell);
  }
}

const SPECIAL = /[^A-Za-z0-9]/g;

function eachByte(bytes: string, mark: string, upper: boolean): string {
  let text = "";
  for (const byte of bytes) text += mark + hex(byte, 2, upper);
  return text;
}

function hex(char: string, digits: number, upper: boolean): string {
  const text = char.charCodeAt(0).toString(16).padStart(digits, "0");
  return upper ? text.toUpperCase() : text;
}

/** One combination: a member of each list. */
type OneOfEach<Lists extends readonly (readonly unknown[])[]> = {
  -readonly [At in keyof Lists]: Lists[At][number];
};

/** Yields every combination of one member of each list. */
function* combinations<const Lists extends readonly (readonly unknown[])[]>(
  ...lists: Lists
): Generator<OneOfEach<Lists>> {
  const [first, ...rest] = lists;
  if (first === undefined) return yield [] as OneOfEach<Lists>;
  for (const member of first) {
    for (const others of combinations(...rest)) yield [member, ...others] as OneOfEach<Lists>;
  }
}
