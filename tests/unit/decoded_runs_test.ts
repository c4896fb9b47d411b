import { assertEquals } from "@std/assert";
import { contentOf } from "../../lib/mask/content.ts";
import { decodedRuns } from "../../lib/mask/decoded_runs.ts";
import { escapeAt, escapeBefore } from "../../lib/mask/escape.ts";
import { nextEscapeHint, nextWideHint, wideOffsetAt } from "../../lib/mask/hints.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";
import { fc, runs } from "../support/property.ts";

/** Escapes as patterns, the longest first where one begins like another. */
const ESCAPES = [
  /%25([0-9A-Fa-f]{2})/,
  /%([0-9A-Fa-f]{2})/,
  /\\x([0-9A-Fa-f]{2})/,
  /\\u00([0-9A-Fa-f]{2})/,
  /&#[xX]0{0,3}([0-9A-Fa-f]{1,2});/,
  /&#(0{0,5}[0-9]|0{0,4}[1-9][0-9]|0{0,3}(?:1[0-9][0-9]|2[0-4][0-9]|25[0-5]));/,
];

/** Returns the length of an escape that begins a text, and the byte that it stands for. */
function readEscape(text: string): readonly [length: number, byte: number] | undefined {
  for (const [index, { source }] of ESCAPES.entries()) {
    const [escape, digits] = new RegExp(`^${source}`).exec(text) ?? [];
    if (escape !== undefined) return [escape.length, parseInt(digits!, index === 5 ? 10 : 16)];
  }
  return undefined;
}

const packed = (read: readonly [length: number, byte: number] | undefined) =>
  read === undefined ? 0 : read[0] << 8 | read[1];

const anyEscape = fc.tuple(
  fc.nat(7),
  fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 15, 16, 37, 65)),
  fc.nat(4),
)
  .map(([way, byte, zeros]) => {
    const digits = byte.toString(16).padStart(2, "0");
    return [
      `%${digits}`,
      `%${digits.toUpperCase()}`,
      `%25${digits}`,
      `\\x${digits}`,
      `\\u00${digits}`,
      `&#x${byte.toString(16).padStart(1 + zeros, "0")};`,
      `&#X${digits.toUpperCase()};`,
      `&#${String(byte).padStart(2 + zeros, "0")};`,
    ][way]!;
  });

/** Characters of escapes, and their neighbours. */
const anyChar = fc.constantFrom(..."%25\\uxX0019/:agAGfF`@&#;; ~\0\xff");

Deno.test("escapes are read as patterns read them, at every place of any text", () => {
  const texts = fc.array(fc.oneof(anyEscape, anyChar, anyChar), { maxLength: 9 }).map((parts) =>
    parts.join("")
  );
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = latin1(text);
      for (let at = 0; at <= text.length; at++) {
        assertEquals(escapeAt(bytes, at), packed(readEscape(text.slice(at))), `${text} at ${at}`);
        // The longest that ends here.
        const before = Array.from({ length: 9 }, (_, index) => at - 9 + index).filter((begin) => begin >= 0)
          .map((begin) => ({ begin, read: readEscape(text.slice(begin)) }))
          .find(({ begin, read }) => read !== undefined && begin + read[0] === at);
        assertEquals(escapeBefore(bytes, at), packed(before?.read), `${text} before ${at}`);
      }
    }),
    runs(2000),
  );
});

/** Pairs of bytes that stand where escapes follow each other. */
const BORDER = /^(?:%[0-9A-Fa-f]|\\[ux]|&#|#[xX0-9]|[0-9A-Fa-f;][%\\&])$/;

/** Returns whether the eight bytes of a text may be escapes, and the offset of those that are not 0 if they may be UTF-16. */
function hintsOf(text: string): [mayBeEscapes: boolean, wideOffset: number] {
  const zero = [...text].map((char) => char === "\0");
  const even = zero.filter((_, index) => index % 2 === 0);
  const odd = zero.filter((_, index) => index % 2 === 1);
  const offset = odd.every(Boolean) ? (even[0] ? -1 : 0) : even.every(Boolean) && !odd[0] ? 1 : -1;
  return [(text.match(/../gs) ?? []).some((pair) => BORDER.test(pair)), offset];
}

Deno.test("hints are given for eight bytes as patterns give them, and none for what content goes on with in memory", () => {
  const wide = fc.constantFrom("a\0", "\0a", "\0\0", "\xff\0", "\0\x80");
  const part = fc.oneof(
    anyChar,
    anyEscape,
    wide,
    wide,
    fc.constantFrom("&#1", ";%", "9\\", "z&", "\\y", "#x", "#g"),
  );
  const texts = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 9 }), fc.nat(5), (text, step, first) => {
      // What was in the memory before, which is used again.
      contentOf(latin1("%41\\u0041".repeat(20)));
      const content = contentOf(latin1(text));
      const samples: number[] = [];
      for (let at = first; at + 8 <= text.length; at += step) samples.push(at);
      const hints = samples.map((at) => hintsOf(text.slice(at, at + 8)));
      assertEquals(samples.map((at) => wideOffsetAt(content, at)), hints.map(([, offset]) => offset));
      const [escapes, wide] = [0, 1].map((which) =>
        samples.find((_, index) => which === 0 ? hints[index]![0] : hints[index]![1] >= 0) ?? -1
      );
      assertEquals(nextEscapeHint(content, { at: first, step }), escapes);
      assertEquals(nextWideHint(content, { at: first, step }), wide);
    }),
    runs(2000),
  );
});

Deno.test("eight bytes within escapes are a hint, wherever they begin", () => {
  fc.assert(
    fc.property(fc.array(anyEscape, { minLength: 4, maxLength: 8 }), (escapes) => {
      const text = escapes.join("");
      const content = contentOf(latin1(text));
      for (let at = 0; at + 8 <= text.length; at++) {
        assertEquals(nextEscapeHint(content, { at, step: 1 }), at, `${text} at ${at}`);
      }
    }),
    runs(500),
  );
});

/** A run, as text. */
interface Run {
  readonly text: string;
  readonly offsets: readonly number[];
}

/** Returns the runs of a text as patterns find them. */
function plainRuns(text: string, minLength: number): Run[] {
  const found: Run[] = [];
  for (let at = 0; at < text.length;) {
    const offsets: number[] = [];
    let decoded = "";
    for (let read = readEscape(text.slice(at)); read !== undefined; read = readEscape(text.slice(at))) {
      offsets.push(at);
      decoded += String.fromCharCode(read[1]);
      at += read[0];
    }
    if (decoded.length >= minLength) found.push({ text: decoded, offsets: [...offsets, at] });
    if (decoded === "") at++;
  }
  for (const { 0: run, index } of text.matchAll(/[^\0](?:\0[^\0])+/g)) {
    const decoded = run.replaceAll("\0", "");
    if (decoded.length < minLength) continue;
    const offsets = Array.from(decoded, (_, at) => index + 2 * at);
    found.push({ text: decoded, offsets: [...offsets, index + run.length] });
  }
  return found;
}

Deno.test("decodedRuns() returns every run of escapes and of UTF-16 that is long enough, and nothing else", () => {
  const escapes = fc.oneof(
    fc.array(anyEscape, { minLength: 1, maxLength: 60 }),
    fc.tuple(anyEscape, fc.integer({ min: 6, max: 70 })).map(([escape, count]) => Array(count).fill(escape)),
  ).map((each) => each.join(""));
  const wide = fc.string({ unit: fc.constantFrom("a", "%", "\xff"), minLength: 5, maxLength: 70 })
    .map((text) => [...text].join("\0"));
  const other = fc.oneof(
    fc.constantFrom(" ", "\0", "\0\0", "%4 ", "words in between ", "&#", "=", "z".repeat(70), "~\0"),
    fc.string({ unit: fc.constantFrom(" ", "z", "~"), maxLength: 40 }),
  );
  const texts = fc.array(fc.oneof(escapes, wide, other), { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, fc.constantFrom(8, 9, 12, 20, 36, 40, 41, 60), (text, minLength) => {
      const found = [...decodedRuns(contentOf(latin1(text)), minLength)]
        .map(({ bytes, offsets }) => ({ text: fromLatin1(bytes), offsets: [...offsets] }));
      assertEquals(found, plainRuns(text, minLength));
    }),
    runs(1500),
  );
});
