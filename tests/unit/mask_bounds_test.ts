/**
 * What the mask leaves as it is: more layers than it decodes, secrets that are gone, forms that break where they do not wrap;
 * and short secrets, of which little is known.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { secretForms } from "../../lib/mask/forms.ts";
import { COMMON_LINE_BREAKS, LINE_BREAKS } from "../../lib/mask/line_breaks.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { regionsOf } from "../../lib/mask/regions.ts";
import { StreamSearch } from "../../lib/mask/stream_search.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";

const TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

function maskOf(...secrets: readonly string[]): Mask {
  return Mask.of(secrets.map((text) => ({ text: Secret.of(text) })))!;
}

Deno.test("Mask finds what is escaped throughout once or twice, and no more often", () => {
  const escape = (text: string) => [...text].map((char) => `\\x${char.charCodeAt(0).toString(16)}`).join("");
  const mask = maskOf(TOKEN);
  let text = TOKEN;
  const found = [0, 1, 2, 3, 4].map(() => {
    const masked = mask.maskText(text) === "*".repeat(text.length);
    assert(masked || !mask.findsIn(text));
    text = escape(text);
    return masked;
  });
  assertEquals(found, [true, true, true, false, false]);
});

Deno.test("Mask knows each secret once, however often it is set, and forgets it when it is gone", () => {
  const [one, other] = [{ text: Secret.of(TOKEN) }, { text: Secret.of("another-secret") }];
  const mask = Mask.of([one, one])!;
  for (let round = 0; round < 3; round++) mask.set([one, other]);
  assertEquals(mask.maskText(`${TOKEN} another-secret`), `${"*".repeat(40)} **************`);
  mask.set([other]);
  assertEquals(mask.maskText(`${TOKEN} another-secret`), `${TOKEN} **************`);
  // One that is base64 itself has other forms than the same text as a token.
  const coded = "+/+/+/+/+/+/";
  const inUrlAlphabet = "-_-_-_-_-_-_";
  for (const isBase64 of [true, false, true, undefined, true]) {
    mask.set([{ text: Secret.of(coded), ...isBase64 === undefined ? {} : { isBase64 } }]);
    const stars = "*".repeat(coded.length);
    const masked = [coded, inUrlAlphabet].map((text) => mask.maskText(text));
    assertEquals(masked, [stars, isBase64 ? stars : inUrlAlphabet]);
  }
});

Deno.test("Mask has no span and finds nothing while it is empty", () => {
  const mask = new Mask();
  for (let round = 0; round < 2; round++) {
    assertEquals([mask.isEmpty, mask.span, mask.find(latin1(TOKEN)), mask.findsIn(TOKEN)], [
      true,
      0,
      [],
      false,
    ]);
    mask.set([{ text: Secret.of(TOKEN) }]);
    assertEquals([mask.isEmpty, mask.span, mask.findsIn(TOKEN)], [false, 512, true]);
    mask.set([]);
  }
});

Deno.test("Mask shows of the length of its secrets only a multiple of 256, and all forms are shorter", () => {
  const spans = [8, 17, 18, 40, 41, 64, 65].map((length) => maskOf("x".repeat(length)).span);
  assertEquals(spans, [256, 256, 512, 512, 768, 768, 1024]);
  assertEquals(maskOf("12345678", "x".repeat(64), "x".repeat(20)).span, 768);
});

Deno.test("Mask has the alphabet that all of its secrets need, as long as it has them", () => {
  const mask = new Mask();
  const has = (secrets: readonly string[]) => {
    mask.set(secrets.map((text) => ({ text: Secret.of(text) })));
    return ["A", "-", "$", "\xe9", " ", "\n"].map((char) => mask.alphabet.has(char.charCodeAt(0)));
  };
  assertEquals(has([]), [true, true, false, false, false, false]);
  assertEquals(has([TOKEN]), [true, true, false, false, false, false]);
  for (const unusual of [["pa$$word", TOKEN], [TOKEN, "pa$$word"]]) {
    assertEquals(has(unusual), [true, true, true, true, false, false]);
  }
  assertEquals(has(["pass word", "pa$$word"]), [true, true, true, true, true, false]);
  assertEquals(has([TOKEN]), [true, true, false, false, false, false]);
});

Deno.test("Mask masks a token only in one line, and so its hexadecimal", () => {
  const mask = maskOf(TOKEN);
  const hex = new TextEncoder().encode(TOKEN).toHex();
  for (const text of [TOKEN, hex, hex.toUpperCase()]) {
    for (const lineBreak of LINE_BREAKS) {
      for (const at of [1, 9, text.length - 1]) {
        const broken = `(${text.slice(0, at)}${lineBreak}${text.slice(at)})`;
        assertEquals(mask.maskText(broken), broken);
      }
    }
  }
});

Deno.test("Mask finds a short secret in base64 with any line break, and a longer one with any that is common, wherever it is", () => {
  for (const length of [11, 12, 14, 17, 20, 21, 22, 25, 27, 28]) {
    const secret = "xK9_2pQz-a7Rb3Yt6Mw8Lc5Vd1Ns".slice(0, length);
    const mask = maskOf(secret);
    for (let before = 0; before < 3; before++) {
      const coded = btoa("\0".repeat(before) + secret);
      const [from, to] = [Math.ceil(before * 8 / 6), Math.floor((before + length) * 8 / 6)];
      for (const lineBreak of length < 22 ? LINE_BREAKS : COMMON_LINE_BREAKS) {
        for (let at = from + 1; at < to; at++) {
          const text = `("${coded.slice(from, at)}${lineBreak}${coded.slice(at, to)}")`;
          const masked = mask.maskText(text).slice(2, -2);
          const left = masked.slice(0, at - from) + masked.slice(at - from + lineBreak.length);
          assertEquals(left, "*".repeat(to - from), `${length} bytes: ${text}`);
        }
      }
    }
  }
});

Deno.test("Mask masks a secret that begins with a space, also where content begins with it as a plus", () => {
  const secret = " secret-with-a-space-0123456789";
  for (const text of [secret, secret.replace(" ", "+"), secret.replace(" ", "%20")]) {
    for (const before of ["", "x", "\n"]) {
      assertEquals(maskOf(secret).maskText(before + text), before + "*".repeat(text.length), before + text);
    }
  }
});

Deno.test("Mask finds short secrets in hexadecimal, and in base64 of base64, of which nothing is shorter than 8 bytes", () => {
  for (let length = 8; length < 31; length++) {
    const secret = "xK9_2pQz-a7Rb3Yt6Mw8Lc5Vd1Ns0Ge".slice(0, length);
    const mask = maskOf(secret);
    const hex = new TextEncoder().encode(secret).toHex();
    // Of the first result only what is certain, and of the second as well.
    const twice = btoa(btoa(secret).slice(0, Math.floor(length * 8 / 6))).replace(/=*$/, "");
    for (
      const text of [hex, hex.toUpperCase(), twice.slice(0, Math.floor(Math.floor(length * 8 / 6) * 8 / 6))]
    ) {
      assertEquals(mask.maskText(`("${text}")`), `("${"*".repeat(text.length)}")`, text);
    }
  }
});

Deno.test("Mask finds nothing that only what was searched before would complete", () => {
  const mask = maskOf("12345678");
  const coded = btoa("12345678").slice(0, 10);
  assertEquals(mask.maskText(`x${coded}`), `x${"*".repeat(10)}`);
  assertEquals(mask.maskText(`x${coded.slice(0, -1)}`), `x${coded.slice(0, -1)}`);
});

Deno.test("Mask finds a secret at the end of content of any size, of bytes of any kind", () => {
  const mask = maskOf(TOKEN);
  for (const size of [0, 1, 2007, 2008, 2009, 2047, 2049, 4055, 4056, 4057, 4096, 5000, 8191, 8193]) {
    for (const char of ["x", "\xff"]) {
      const before = `${char.repeat(size)} `;
      const expected = before + "*".repeat(TOKEN.length);
      assertEquals(mask.maskText(before + TOKEN), expected);
      assertEquals(fromLatin1(mask.maskBytes(latin1(before + TOKEN))), expected);
    }
  }
});

Deno.test("regionsOf() yields regions of the length that is asked for, and the end of a form once", () => {
  for (const secret of [TOKEN, "12345678", "xK9_2pQz-a7Rb3Yt6Mw8Lc", "pa$$ w0rd&<>/\\\"'"]) {
    for (const form of secretForms({ text: Secret.of(secret) })) {
      const text = form.reveal();
      for (const length of [7, 19, 27].filter((length) => length <= text.length)) {
        const regions = [...regionsOf(form, length)];
        for (const { bytes } of regions) assertEquals(bytes.length, length);
        const ends = regions.filter(({ bytes, place }) => place === "end" && bytes === text.slice(-length));
        assertEquals(ends.length, 1, `${length} of ${text}`);
      }
    }
  }
});

Deno.test("StreamSearch takes a word's beginning as clear up to its tolerance", () => {
  for (const tolerance of [0, 1, 7]) {
    for (let length = 0; length < 12; length++) {
      const search = new StreamSearch({ current: maskOf(TOKEN) }, { tolerance });
      search.push(latin1(`some words ${"x".repeat(length)}`));
      assertEquals(search.clear, 11 + (length <= tolerance ? length : 0));
      const strict = new StreamSearch({ current: maskOf(TOKEN) });
      strict.push(latin1(`some words ${"x".repeat(length)}`));
      assertEquals(strict.clear, 11);
      // What was clear is searched again with what follows.
      const rest = new StreamSearch({ current: maskOf(TOKEN) }, { tolerance });
      assertEquals(rest.push(latin1(` ${TOKEN.slice(0, length)}`)), 0);
      assertEquals(rest.push(latin1(TOKEN.slice(length))), 1);
    }
  }
});

Deno.test("StreamSearch counts everything as clear at the end, and never less than before", () => {
  const source: { current: Mask | undefined } = { current: undefined };
  const search = new StreamSearch(source, { tolerance: 3 });
  const clear = ["a word", "and", "more than that"].map((piece, index) => {
    if (index > 0) source.current = maskOf(TOKEN);
    assertEquals(search.push(latin1(piece.replaceAll(" ", "_"))), 0);
    return search.clear;
  });
  assertEquals([clear, search.length], [[6, 9, 9], 23]);
  search.finish();
  assertEquals(search.clear, 23);
});

Deno.test("secretForms() says of each form whether it takes nearly two bytes for a byte, and whether its lines may break", () => {
  const formsOf = (isBase64: boolean) =>
    secretForms({ text: Secret.of(TOKEN), isBase64 }).map((form) => {
      const { length } = form.reveal();
      const kind = length === 40
        ? "itself"
        : length === 80
        ? "hex"
        : length < 60
        ? "base64"
        : "base64 of base64";
      return `${kind}${form.isSparse ? ", sparse" : ""}${form.wraps ? ", in lines" : ""}`;
    });
  const [hex, base64, twice] = ["hex, sparse", "base64, in lines", "base64 of base64, sparse"];
  assertEquals(formsOf(false), [
    ...["itself", "itself", hex!, hex!],
    ...Array(3).fill([base64, twice, twice, twice]).flat(),
  ]);
  assertEquals(formsOf(true), ["itself, in lines", hex!, hex!, ...Array(3).fill(base64)]);
});
