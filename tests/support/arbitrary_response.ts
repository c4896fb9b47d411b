/**
 * Responses for property tests: valid, odd in one of many known ways, or damaged at random. Texts hold one byte per
 * character.
 *
 * @module
 */

import { fc } from "./property.ts";

/** All bytes that were received for a request with this method until the connection ended. */
export interface Sample {
  readonly method: string;
  readonly text: string;
}

/** Mostly the first, and occasionally one of the others. */
function mostly<Value>(
  usual: fc.Arbitrary<Value>,
  ...odd: readonly fc.Arbitrary<Value>[]
): fc.Arbitrary<Value> {
  return fc.oneof({ arbitrary: usual, weight: 12 * odd.length }, ...odd);
}

/** A string of these characters. */
function textOf(characters: string, maxLength: number, minLength = 0): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TOKEN_SIGNS = "!#$%&'*+-.^_`|~0123456789";
/** Characters with a meaning somewhere in a message, and bytes beyond ASCII. */
const VALUE_SIGNS = ' \t:;,="\\()<>@[]{}/?0123456789\x80\x9f\xa0\xe9\xff';
const CONTENT_SIGNS = "\r\n\0 0123456789abcdef;:\x7f\x80\xff";

const token = textOf(LETTERS + TOKEN_SIGNS, 12, 1);
const value = textOf(LETTERS + VALUE_SIGNS, 20);
/** Those most likely to confuse a reader that looks for ends come first. */
const content = mostly(
  textOf(LETTERS + CONTENT_SIGNS, 40),
  fc.constantFrom("\r\n0\r\n\r\n", "0\r\n\r\n", "\r\n\r\n"),
);

const version = mostly(
  fc.constant("HTTP/1.1"),
  fc.constant("HTTP/1.0"),
  fc.constantFrom(
    "HTTP/1.2",
    "HTTP/2.0",
    "HTTP/0.9",
    "HTTP/1.10",
    "HTTP/01.1",
    "HTTP/1,1",
    "http/1.1",
    "HTTP/1",
    "ICY",
    "",
  ),
);

const status = mostly(
  fc.constantFrom("200", "201", "206", "301", "400", "401", "404", "429", "500", "503", "204", "205", "304"),
  fc.integer({ min: 200, max: 999 }).map(String),
  fc.constantFrom(
    "101",
    "100",
    "102",
    "199",
    "099",
    "000",
    "20",
    "2000",
    "2 00",
    "+20",
    "-20",
    "2x0",
    "\xb200",
    "",
  ),
);

const reason = mostly(
  fc.constantFrom(" OK", " Not Found", " "),
  textOf(LETTERS + VALUE_SIGNS, 12).map((text) => ` ${text}`),
  fc.constantFrom("", "OK", "\tOK", " O\0K", " O\x1bK", " O\x7fK", "  "),
);

/** White space around a value: RFC 9110, section 5.6.3. */
const space = mostly(fc.constant(" "), textOf(" \t", 3));

const plainField = fc.tuple(
  mostly(
    token,
    fc.constantFrom("Set-Cookie", "Connection", "Trailer", "Upgrade", "Content-Type", "Keep-Alive"),
  ),
  space,
  mostly(value, fc.constantFrom("close", "keep-alive", "upgrade", "chunked", "5")),
  space,
).map(([name, before, text, behind]) => `${name}:${before}${text}${behind}`);

const oddField = fc.constantFrom(
  ...[
    "A : b",
    "A\t: b",
    " A: b",
    "\tA: b",
    "A",
    ": b",
    "",
    "A: b\r\n c",
    "A: b\r\n\tc",
    "A: b\r\n ",
    "A b: c",
    "A: b\0c",
  ],
  ...[
    "A: b\x01",
    "A: b\x7f",
    "A: \x0bb",
    "A(: b",
    "\xe9: b",
    "A: b\rc",
    "A: b\r",
    "A: b\nC: d",
    "A: b\r\r",
    "A\r: b",
    "A\n: b",
  ],
  ...[
    "A:\rb",
    "A:\nb",
    "\0: b",
    "A\x7f: b",
    "A: b\n",
    "A: b\n c",
    "A: \r\n b",
    "A:\r\n b",
    "@: b",
    "A;: b",
    "A,B: c",
  ],
);

const field = mostly(plainField, oddField);

/** How content is framed and what then follows the head, each in many spellings. */
const framed = content.chain(
  (bytes): fc.Arbitrary<{ readonly lines: readonly string[]; readonly rest: string }> => {
    const length = String(bytes.length);
    const good = [
      fc.constant({ lines: [`Content-Length: ${length}`], rest: bytes }),
      chunks(bytes).map((rest) => ({ lines: ["Transfer-Encoding: chunked"], rest })),
      fc.constant({ lines: [], rest: bytes }),
    ];
    const oddLengths = [
      ...[
        `+${length}`,
        `-${length}`,
        `-0`,
        `0x${length}`,
        `${length}.0`,
        `${length}e0`,
        `${length} `,
        `0${length}`,
        `00000000000000000000${length}`,
      ],
      ...[
        "",
        " ",
        "a",
        `${length},${length}`,
        `${length}, ${length}`,
        `${length}, 0`,
        `${length} ${length}`,
        `${length};`,
        `"${length}"`,
      ],
      ...[
        "18446744073709551616",
        "18446744073709551615",
        "9223372036854775808",
        "9007199254740993",
        "4294967296",
        "1000000000000000",
      ],
      ...[`${length}\x0b`, `\xa0${length}`, `${length}\0`, `${length}\r`, `_${length}`, "\xb2"],
    ];
    const oddCodings = [
      ...[
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "chunked,",
        ",chunked",
        "identity",
        "gzip",
        "xchunked",
        "chunkedx",
      ],
      ...[
        "Chunked",
        "CHUNKED",
        "chunked ",
        "\tchunked",
        "chunked;q=1",
        "\x0bchunked",
        "chun ked",
        "",
        "chunked\0",
        '"chunked"',
        "identity, chunked",
      ],
    ];
    const odd = [
      fc.constantFrom(...oddLengths).map((text) => ({ lines: [`Content-Length: ${text}`], rest: bytes })),
      fc.tuple(fc.constantFrom(...oddCodings), mostly(chunks(bytes), fc.constant(bytes)))
        .map(([text, rest]) => ({ lines: [`Transfer-Encoding: ${text}`], rest })),
      fc.tuple(
        fc.constantFrom(
          ["Content-Length", "Transfer-Encoding"],
          ["Transfer-Encoding", "Content-Length"],
          ["Content-Length", "Content-Length"],
          ["Transfer-Encoding", "Transfer-Encoding"],
          ["Transfer-Encoding ", "Content-Length"],
          ["Content-Length ", "Transfer-Encoding"],
          ["Content-Length", "content-length"],
          ["Content_Length", "Content-Length"],
        ),
        fc.constantFrom(length, "0", "1"),
        fc.constantFrom("chunked", "identity", "gzip"),
        mostly(chunks(bytes), fc.constant(bytes)),
      ).map(([names, count, coding, rest]) => {
        const lines = names.map((name) => `${name}: ${name.startsWith("T") ? coding : count}`);
        return { lines, rest };
      }),
    ];
    return mostly(fc.oneof(...good), ...odd);
  },
);

/** The bytes in the chunked coding, mostly valid. */
function chunks(bytes: string): fc.Arbitrary<string> {
  const size = (length: number) =>
    mostly(
      fc.constantFrom(length.toString(16), length.toString(16).toUpperCase(), `0${length.toString(16)}`),
      fc.constantFrom(
        ...[
          "x",
          "-1",
          "+1",
          ` ${length}`,
          `${length} `,
          "",
          "0x1",
          "1.",
          "g",
          "ffffffffffffffff",
          "10000000000000000",
          "1,1",
        ],
        ...[
          "\xb2",
          `${length}\t`,
          `${length}\0`,
          `${"0".repeat(20)}${length}`,
          `${length}\r`,
          (length + 1).toString(16),
          "1",
        ],
      ),
    );
  const extension = mostly(
    fc.constant(""),
    fc.constantFrom(
      ";a",
      ";a=b",
      ";a=b;c=d",
      ';a="b c"',
      ';a="b\\"c;"',
      ';a="\xe9"',
      ";a=1;b",
      ';a=""',
      ";0",
    ),
    fc.constantFrom(
      ...[
        ";",
        ";;",
        ";=",
        ";a=",
        "; a",
        " ;a",
        ";a =b",
        ";a= b",
        ";a b",
        ";a=b c",
        ';a="',
        ';a="b"c',
        ';a="\x7f"',
        ";\0",
        ";a=\0",
      ],
      ...[
        ";a\n",
        ";a\r",
        ';a="\r\n"',
        ';a="\n"',
        ";a=b=c",
        ";\xe9",
        ";a=\xe9",
        ';a="\\\0"',
        ";a;",
        ';a="b";',
        ";(",
        " ",
      ],
    ),
  );
  const lineEnd = mostly(
    fc.constant("\r\n"),
    fc.constantFrom("\n", "\r", "", "\r\r\n", "\n\r", " \r\n", "\r\n\r\n"),
  );
  const chunk = (part: string) =>
    fc.tuple(size(part.length), extension, lineEnd, lineEnd).map(([length, extended, end, last]) =>
      `${length}${extended}${end}${part}${last}`
    );
  const trailers = mostly(
    fc.constant<string[]>([]),
    fc.array(plainField, { maxLength: 2 }),
    fc.array(field, { maxLength: 2 }),
    fc.constant(["Content-Length: 3"]),
    fc.constant(["Transfer-Encoding: chunked"]),
  );
  return fc.array(fc.nat({ max: bytes.length }), { maxLength: 3 }).chain((cuts) => {
    const places = [0, ...cuts.toSorted((left, right) => left - right), bytes.length];
    const parts = places.slice(1).map((to, at) => bytes.slice(places[at], to)).filter((part) => part !== "");
    return fc.tuple(
      fc.tuple(...parts.map(chunk)),
      mostly(fc.constant("0"), fc.constantFrom("00", "000000", "0;a=b", "0 ", "", "-0", "0;")),
      lineEnd,
      trailers,
      lineEnd,
    ).map(([all, zero, end, lines, last]) => {
      return [...all, zero, end, ...lines.map((line) => `${line}\r\n`), last].join("");
    });
  });
}

const interim = fc.tuple(
  mostly(fc.constant("HTTP/1.1"), version),
  fc.constantFrom("100", "102", "103", "199"),
  fc.array(field, { maxLength: 2 }),
).map(([spoken, number, lines]) => [`${spoken} ${number} Wait`, ...lines, "", ""].join("\r\n"));

const response = fc.tuple(
  mostly(fc.constant<string[]>([]), fc.array(interim, { minLength: 1, maxLength: 2 })),
  fc.tuple(version, mostly(fc.constant(" "), fc.constantFrom("  ", "\t", "")), status, reason),
  fc.array(field, { maxLength: 3 }),
  framed,
  fc.array(field, { maxLength: 1 }),
  mostly(fc.constant("\r\n"), fc.constantFrom("\n", "\r", "", " \r\n")),
  mostly(
    fc.constant(""),
    fc.constantFrom("x", "\r\n", "\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
  ),
).map(([before, line, first, { lines, rest }, last, end, behind]) => {
  const head = [line.join(""), ...first, ...lines, ...last, ""].join("\r\n");
  return [...before, head, end, rest, behind].join("");
});

/** What damage inserts. */
const scrap = fc.constantFrom(
  ...[
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "=",
    '"',
    "0",
    "5",
    "f",
    "g",
    "-",
    "x",
    "\x0b",
    "\x7f",
  ],
  ...[
    "\x80",
    "\xff",
    "HTTP/1.1 200 OK\r\n\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n ",
    "0\r\n\r\n",
  ],
);

/** One damage at a place: inserts, removes, replaces, doubles, or truncates the text there. */
const damage = fc.tuple(
  fc.constantFrom("insert", "remove", "replace", "double", "end"),
  fc.nat({ max: 1000 }),
  fc.integer({ min: 1, max: 8 }),
  scrap,
).map(([act, place, count, put]) => (text: string): string => {
  const at = Math.floor(place / 1001 * (text.length + 1));
  const [before, hit, behind] = [text.slice(0, at), text.slice(at, at + count), text.slice(at + count)];
  switch (act) {
    case "insert":
      return before + put + hit + behind;
    case "remove":
      return before + behind;
    case "replace":
      return before + put + behind;
    case "double":
      return before + hit + hit + behind;
    default:
      return before;
  }
});

/** A response of any kind. */
export const arbitraryResponse: fc.Arbitrary<Sample> = fc.record({
  method: mostly(fc.constantFrom("GET", "POST"), fc.constant("HEAD"), fc.constant("HEAD")),
  text: fc.tuple(response, fc.oneof(fc.constant([]), fc.array(damage, { maxLength: 2 })))
    .map(([text, acts]) => acts.reduce((damaged, act) => act(damaged), text)),
});

/** Sizes of the pieces in which a text arrives, used in turn; none means one piece. */
export const arbitraryCuts: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 60 }), {
  maxLength: 6,
});

/** Splits the text into pieces of these sizes. */
export function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = sizes[pieces.length % sizes.length] ?? text.length;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
