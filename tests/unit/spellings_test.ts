import { assert, assertEquals } from "@std/assert";
import { spelledEnds } from "../../lib/mask/spellings.ts";
import { fc, runs } from "../support/property.ts";

const hex = (char: string) => char.charCodeAt(0).toString(16).padStart(2, "0");

/** The names in HTML of the punctuation of ASCII: HTML, section 13.5. */
const NAMES = new Map(Object.entries({
  ...{
    "!": "&excl;",
    '"': "&quot;",
    "#": "&num;",
    "$": "&dollar;",
    "%": "&percnt;",
    "&": "&amp;",
    "'": "&apos;",
  },
  ...{
    "(": "&lpar;",
    ")": "&rpar;",
    "*": "&ast;",
    "+": "&plus;",
    ",": "&comma;",
    ".": "&period;",
    "/": "&sol;",
  },
  ...{
    ":": "&colon;",
    ";": "&semi;",
    "<": "&lt;",
    "=": "&equals;",
    ">": "&gt;",
    "?": "&quest;",
    "@": "&commat;",
  },
  ...{ "[": "&lbrack;", "\\": "&bsol;", "]": "&rsqb;", "^": "&Hat;", "_": "&lowbar;", "`": "&grave;" },
  ...{ "{": "&lbrace;", "|": "&vert;", "}": "&rcub;" },
}));

const named = (char: string) => NAMES.has(char) ? [NAMES.get(char)!] : [];
const usuallyNamed = (char: string) => /[&<>"']/.test(char) ? named(char) : [];
const quoted = (char: string) => /["\\/'`]/.test(char) ? [`\\${char}`] : [];

/** What encoders make of a character that they do not leave as it is. */
const ENCODERS: readonly ((char: string) => string[])[] = [
  (char) => [`%${hex(char)}`],
  (char) => [char === " " ? "+" : `%${hex(char)}`],
  (char) => [`%25${hex(char)}`],
  (char) => [...quoted(char), `\\u00${hex(char)}`],
  (char) => [...quoted(char), `\\x${hex(char)}`],
  (char) => [...usuallyNamed(char), `&#x${char.charCodeAt(0).toString(16)};`],
  (char) => [...usuallyNamed(char), `&#${char.charCodeAt(0)};`],
  (char) => char === "'" ? ["&#039;"] : usuallyNamed(char),
  named,
  (char) => /[!-/:-@[-`{-~]/.test(char) ? [`\\${char}`] : [],
];

/** Returns all spellings of a text by an encoder, which spells a character in the same way wherever it stands. */
function spellingsBy(encode: (char: string) => string[], text: string): string[] {
  const special = [...new Set(text.replace(/[A-Za-z0-9]/g, ""))];
  let choices: ReadonlyMap<string, string>[] = [new Map()];
  for (const char of special) {
    choices = choices.flatMap((chosen) =>
      [char, ...encode(char)].map((spelling) => new Map([...chosen, [char, spelling]]))
    );
  }
  return choices.map((chosen) => [...text].map((char) => chosen.get(char) ?? char).join(""));
}

Deno.test("spelledEnds() returns the ends and beginnings of what encoders make of a text, and nothing else", () => {
  const chars = "aZ09 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t\xe9";
  const texts = fc.string({ unit: fc.constantFrom(...chars, "a", "b", "0"), maxLength: 12 })
    .filter((text) => new Set(text.replace(/[A-Za-z0-9]/g, "")).size <= 5);
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 4, max: 20 }),
      fc.constantFrom("start", "end"),
      (text, length, side) => {
        const whole = ENCODERS.flatMap((encode) => spellingsBy(encode, text)).filter((each) =>
          each.length >= length
        );
        const expected = new Set(
          whole.map((each) => side === "end" ? each.slice(-length) : each.slice(0, length)),
        );
        const found = spelledEnds(text, { length, side });
        assertEquals([...found].sort(), [...expected].sort());
      },
    ),
    runs(500),
  );
});

Deno.test("spelledEnds() names each character of HTML as it is named", () => {
  for (const [char, name] of NAMES) {
    const found = spelledEnds(`secret${char}`, { length: 3 + name.length, side: "end" });
    assert(found.has(`ret${name}`), name);
  }
});

Deno.test("spelledEnds() stops at 1024 more spellings for each encoder, and adds the usual ones then", () => {
  // More different characters than can be enumerated. Each spelling costs memory, so their number is held here.
  const text = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  const counts = (["start", "end"] as const).map((side) =>
    [7, 19, 27].map((length) => spelledEnds(text, { length, side }).size)
  );
  assertEquals(counts, [[106, 5776, 9315], [85, 5252, 9073]]);
});
