import { assertEquals } from "@std/assert";
import { Form, type Match } from "../../lib/mask/form.ts";
import { LINE_BREAKS } from "../../lib/mask/line_breaks.ts";
import { matchAfter, matchAround, matchBefore } from "../../lib/mask/match_form.ts";
import { latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

/** The names in HTML of the punctuation of ASCII: HTML, section 13.5. */
const NAMES: Readonly<Record<string, string>> = {
  "!": "excl",
  '"': "quot",
  "#": "num",
  "$": "dollar",
  "%": "percnt",
  "&": "amp",
  "'": "apos",
  "(": "lpar",
  ")": "rpar",
  "*": "ast",
  "+": "plus",
  ",": "comma",
  ".": "period",
  "/": "sol",
  ":": "colon",
  ";": "semi",
  "<": "lt",
  "=": "equals",
  ">": "gt",
  "?": "quest",
  "@": "commat",
  "[": "lbrack",
  "\\": "bsol",
  "]": "rsqb",
  "^": "Hat",
  "_": "lowbar",
  "`": "grave",
  "{": "lbrace",
  "|": "vert",
  "}": "rcub",
};

const hex = (char: string) => char.charCodeAt(0).toString(16).padStart(2, "0");
const code = (char: string) => char.charCodeAt(0);

/** Returns every spelling of a character, with digits in one case. */
function spellingsOf(char: string): string[] {
  return [
    char,
    `%${hex(char)}`,
    `%${hex(char).toUpperCase()}`,
    `%25${hex(char)}`,
    `\\x${hex(char)}`,
    `\\u00${hex(char).toUpperCase()}`,
    `&#x${hex(char)};`,
    `&#X000${hex(char)};`,
    `&#${code(char)};`,
    `&#${String(code(char)).padStart(6, "0")};`,
    ...char in NAMES ? [`&${NAMES[char]};`] : [],
    ...isPunctuation(char) ? [`\\${char}`] : [],
    ...char === " " ? ["+"] : [],
    ...char === "%" ? ["%25"] : [],
  ];
}

function isPunctuation(char: string): boolean {
  return /[!-/:-@[-`{-~]/.test(char);
}

const patterns = new Map<string, readonly RegExp[]>();

/** Returns a pattern for each spelling of a character, whatever the case of its digits. */
function patternsOf(char: string): readonly RegExp[] {
  const known = patterns.get(char);
  if (known !== undefined) return known;
  const anyCase = (digits: string) => digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const literal = `\\x${hex(char)}`;
  const digits = anyCase(hex(char));
  const sources = [
    literal,
    ...["%", "%25", "\\\\x", "\\\\u00"].map((begin) => begin + digits),
    `&#0{0,${6 - String(code(char)).length}}${code(char)};`,
    `&#[xX]0{0,${5 - code(char).toString(16).length}}${anyCase(code(char).toString(16))};`,
    ...char in NAMES ? [`&${NAMES[char]};`] : [],
    ...isPunctuation(char) ? [`\\\\${literal}`] : [],
    ...char === " " ? ["\\+"] : [],
    ...char === "%" ? ["%25"] : [],
  ];
  const found = sources.map((source) => new RegExp(source, "y"));
  patterns.set(char, found);
  return found;
}

/** A text, and where lines may break: nowhere, within it, or also right before it. */
interface Broken {
  readonly text: string;
  readonly breaks: "no" | "within" | "before";
}

/** Returns where a text may end that begins at a position, in any spelling. */
function endsOf(content: string, from: number, { text, breaks }: Broken): readonly number[] {
  let ends: readonly number[] = [from];
  for (const [index, char] of [...text].entries()) {
    const mayBreak = breaks === "before" || (breaks === "within" && index > 0);
    const begins = ends.flatMap((end) => {
      const found = LINE_BREAKS.filter((each) => mayBreak && content.startsWith(each, end));
      return [end, ...found.map(({ length }) => end + length)];
    });
    ends = begins.flatMap((begin) =>
      patternsOf(char).flatMap((pattern) => {
        pattern.lastIndex = begin;
        return pattern.test(content) ? [pattern.lastIndex] : [];
      })
    );
    if (ends.length === 0) break;
  }
  return ends;
}

/** Returns the first beginning of a text that ends at a position. */
function firstBefore(content: string, end: number, broken: Broken): number | undefined {
  const before = content.slice(0, end);
  for (let from = 0; from < end; from++) if (endsOf(before, from, broken).includes(end)) return from;
  return undefined;
}

/** Returns the last end of a text that begins at a position. */
function lastAfter(content: string, from: number, broken: Broken): number | undefined {
  const ends = endsOf(content, from, broken);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** A text, how its characters are spelled and where lines break, what surrounds it, and which byte is wrong. */
function anySpelled(unit: string, wraps: boolean) {
  return fc.record({
    text: fc.string({ unit: fc.constantFrom(...unit), minLength: 5, maxLength: 9 }),
    extra: fc.constantFrom("", "", ...wraps ? ["Q", "/"] : []),
    picks: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(20)), {
      minLength: 10,
      maxLength: 10,
    }),
    breaks: fc.array(
      fc.oneof({ weight: 5, arbitrary: fc.constant("") }, fc.constantFrom(...LINE_BREAKS)),
      { minLength: 10, maxLength: 10 },
    ),
    around: fc.tuple(
      fc.constantFrom("", " ", "xy%", "\\", "&#", "a", "\n", "%2", "=\r\n"),
      fc.constantFrom("", " ", "Q", "%51", "/", "\\/", "\n", "&sol;"),
    ),
    wrong: fc.oneof(
      { weight: 2, arbitrary: fc.constant(undefined) },
      fc.tuple(fc.nat(), fc.constantFrom("x", " ", "%", "5")),
    ),
  }).map(({ text, extra, picks, breaks, around, wrong }) => {
    const parts = [...text].map((char, index) => {
      const options = spellingsOf(char);
      return (index > 0 && (wraps || picks[index] === 20) ? breaks[index]! : "") +
        options[picks[index]! % options.length]!;
    });
    let content = around[0] + parts.join("") + around[1];
    if (wrong !== undefined) {
      const at = wrong[0] % content.length;
      content = content.slice(0, at) + wrong[1] + content.slice(at + 1);
    }
    const begins = parts.map((_, index) => around[0].length + parts.slice(0, index).join("").length);
    return {
      text,
      content,
      form: new Form({ text, extra, wraps, isSparse: false }),
      end: content.length - around[1].length,
      begin: around[0].length,
      /** Where a character begins, after the line break before it. */
      middle: begins.map((at, index) => at + (wraps && index > 0 ? breaks[index]!.length : 0)),
    };
  });
}

const BASE64 = "AZaz09+/-_Qn5";
const ANY = "AaZ09 %+\\&;#!\"'()*,./:<=>?@[]^_`{|}~-$n\xff5x2";

/** Returns the match with the character that is masked too, if there is a match. */
function withExtra(form: Form, content: string, match: { from: number | undefined; to: number | undefined }) {
  const { from, to } = match;
  if (from === undefined || to === undefined) return undefined;
  const extra = form.revealExtra();
  return {
    from,
    to: extra === "" ? to : lastAfter(content, to, { text: extra, breaks: "no" }) ?? to,
  } satisfies Match;
}

for (const [wraps, unit] of [[true, BASE64], [false, ANY]] as const) {
  const name = wraps ? "in lines that break anywhere" : "in one line";
  Deno.test(`matchBefore() finds a form ${name}, in any spelling, as a pattern does`, () => {
    fc.assert(
      fc.property(anySpelled(unit, wraps), ({ text, content, form, end }) => {
        for (const at of [end, content.length]) {
          const plain = content.slice(0, at).endsWith(text) ? at - text.length : undefined;
          const from = plain ?? firstBefore(content, at, { text, breaks: wraps ? "within" : "no" });
          assertEquals(
            matchBefore(form, latin1(content), at),
            withExtra(form, content, { from, to: at }),
            JSON.stringify({ text, content, at }),
          );
        }
      }),
      runs(1000),
    );
  });
}

Deno.test("matchAfter() and matchAround() find a form in lines that break anywhere, in any spelling, as a pattern does", () => {
  fc.assert(
    fc.property(anySpelled(BASE64, true), ({ text, content, form, begin, middle }) => {
      const after = lastAfter(content, begin, { text, breaks: "before" });
      assertEquals(
        matchAfter(form, latin1(content), begin),
        withExtra(form, content, { from: begin, to: after }),
        JSON.stringify({ text, content }),
      );
      for (let index = 1; index < text.length; index++) {
        // A form is found by what stands right before a character, and a line may break there.
        const at = middle[index]!;
        const from = firstBefore(content, at, { text: text.slice(0, index), breaks: "within" });
        const to = lastAfter(content, at, { text: text.slice(index), breaks: "before" });
        assertEquals(
          matchAround(form, latin1(content), { at, index }),
          withExtra(form, content, { from, to }),
          JSON.stringify({ text, content, index }),
        );
      }
    }),
    runs(500),
  );
});
