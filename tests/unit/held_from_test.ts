import { assertEquals } from "@std/assert";
import { heldFrom } from "../../lib/mask/held_from.ts";
import { Alphabet, alphabetOf, BASE64, USUAL } from "../../lib/mask/run_alphabet.ts";
import { latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

/** Returns the bytes of an alphabet that a pattern does not expect, and those that are missing. */
function differences(alphabet: Alphabet, expected: RegExp): string[] {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
    .filter((char, byte) => alphabet.has(byte) !== expected.test(char));
}

const USUAL_CHAR = /[A-Za-z0-9\-._~+\/=:%\\&#;\0]/;

Deno.test("an alphabet is that of usual tokens, of all visible bytes, or of those and spaces, as the secret needs", () => {
  assertEquals(differences(USUAL, USUAL_CHAR), []);
  assertEquals(differences(BASE64, /[A-Za-z0-9+\/\-_=]/), []);
  const visible = /[\0\x21-\x7e\x80-\xff]/;
  const withSpaces = /[\0\t\x20-\x7e\x80-\xff]/;
  const usual = "AZaz09-._~+/=:";
  for (const char of usual) assertEquals(alphabetOf(`secret${char}`) === USUAL, true, char);
  for (const char of "!\"#$%&'()*,;<>?@[\\]^`{|}\x80\xff") {
    for (const secret of [`secret${char}`, `${char}secret`, `sec${char}ret`]) {
      assertEquals(differences(alphabetOf(secret), visible), [], secret);
    }
  }
  for (const char of " \t") {
    for (const secret of [`secret${char}`, `${char}secret!`, `sec${char}ret`]) {
      assertEquals(differences(alphabetOf(secret), withSpaces), [], secret);
    }
  }
});

Deno.test("Alphabet.and() has the bytes of both, and is the same if the other one is", () => {
  const [one, other] = [new Alphabet((byte) => byte % 2 === 0), new Alphabet((byte) => byte < 9)];
  const both = one.and(other);
  for (let byte = 0; byte < 256; byte++) assertEquals(both.has(byte), byte % 2 === 0 || byte < 9);
  assertEquals(one.and(one) === one, true);
});

/** Returns where a piece is held back, as patterns find it. */
function plainHeldFrom(text: string, span: number): number {
  const from = Math.max(0, text.length - span + 1);
  let end = text.length;
  for (;;) {
    while (end > from && USUAL_CHAR.test(text[end - 1]!)) end--;
    // The line break must not end before what may be held back at all.
    const line = /(?:^|[^A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{60,140}((?:\r|&#13;|&#x[Dd];)?\n|\r)$/.exec(
      text.slice(0, end),
    );
    if (line === null || end <= from || (line[1] === "\r\n" && end - 1 === from)) return end;
    end -= line[1]!.length;
  }
}

Deno.test("heldFrom() holds back what patterns find at the end of a piece: words, and lines that may be wrapped base64", () => {
  const line = fc.tuple(
    fc.constantFrom("", " ", "key: ", "token=", '"'),
    fc.oneof(fc.integer({ min: 57, max: 144 }), fc.constantFrom(59, 60, 61, 139, 140, 141)),
    fc.constantFrom(
      "\n",
      "\r\n",
      "\r",
      "&#13;\n",
      "&#xD;\n",
      "&#xd;\n",
      "&#10;",
      "&#13;",
      " \n",
      "\n\n",
      ";\n",
      "\\\n",
    ),
    fc.constantFrom("y", "aZ0+", "_-/="),
  ).map(([before, length, lineBreak, unit]) => before + unit.repeat(144).slice(0, length) + lineBreak);
  const other = fc.constantFrom(
    "",
    "x",
    "data: 1\n",
    " ",
    "\r",
    "\n",
    "y".repeat(30),
    "a}",
    "&#1",
    "~\0",
    "z".repeat(200),
  );
  const texts = fc.tuple(other, fc.array(line, { maxLength: 4 }), other, other)
    .map(([first, lines, ...last]) => first + lines.join("") + last.join(""));
  fc.assert(
    fc.property(texts, fc.constantFrom(256, 512, 768, 100), fc.nat(3), (text, span, less) => {
      const piece = text.slice(0, text.length - less);
      assertEquals(
        heldFrom(latin1(piece), { alphabet: USUAL, span }),
        plainHeldFrom(piece, span),
        JSON.stringify(piece),
      );
    }),
    runs(3000),
  );
});
