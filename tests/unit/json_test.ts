import { assertEquals } from "@std/assert";
import { type Json, parseJson } from "../../lib/config/reader/json.ts";
import { fail } from "../../lib/core/result.ts";
import { valueOf } from "../support/result.ts";
import { fc, runs } from "../support/property.ts";

/** Returns the value as JSON.parse returns it. */
function plain(json: Json): unknown {
  if (Array.isArray(json)) return json.map(plain);
  if (!(json instanceof Map)) return json;
  return Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]));
}

/**
 * Parses a text as the runtime does. Its `JSON.parse` (V8 in Deno 2.9.6) mistakes a member name with an escape for
 * another one that it met before in an object of the same shape: `{"k":{},"a\f":1}` after `{"k":{},"a\\":1}`. So
 * with escapes it says only whether the text is JSON, and the value is that of the text as an expression, which is the
 * same but for `__proto__`.
 */
function oracle(text: string): { value: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!text.includes("\\") || text.includes("__proto__")) return { value };
  return { value: new Function(`return (${text});`)() };
}

function agrees(text: string): void {
  const result = parseJson(text, "x");
  const expected = oracle(text);
  assertEquals(result.ok, expected !== undefined, JSON.stringify(text));
  if (!result.ok || expected === undefined || result.value.duplicates.length > 0) return;
  assertEquals(JSON.stringify(plain(result.value.value)), JSON.stringify(expected.value));
}

Deno.test("parseJson() reads what JSON.parse reads", () => {
  fc.assert(fc.property(fc.json(), agrees), runs(300));
});

Deno.test("parseJson() rejects what JSON.parse rejects", () => {
  const edited = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[],:"\\ \n\t0.-e1tfn\u0000\u00e9')).map(
    ([text, at, letter]) =>
      text.slice(0, at % (text.length + 1)) + letter + text.slice(at % (text.length + 1) + (at % 2)),
  );
  fc.assert(fc.property(edited, agrees), runs(3000));
  for (
    const text of [
      "",
      " ",
      "[1,]",
      '{"a":1,}',
      "01",
      "1.",
      "+1",
      ".5",
      "'a'",
      '"\n"',
      '"\\x"',
      "//",
      "\ufeff{}",
      "NaN",
    ]
  ) {
    agrees(text);
  }
});

Deno.test("parseJson() reports the line and column of an error, and nothing of the text", () => {
  const cases: [text: string, message: string][] = [
    ['{\n  "a" 1}', "line 2, column 7: expected a colon"],
    ["[1 hunter2]", "line 1, column 4: expected a comma or a closing bracket"],
    ["{ hunter2 }", "line 1, column 3: expected a member name in double quotes"],
    ["\n\nhunter2", "line 3, column 1: expected a value"],
    ['{"a": ]', "line 1, column 7: expected a value"],
    ['{"a": 1,\n}', "line 2, column 1: there is a comma after the last item; remove it"],
    ["[1, 2 , ]", "line 1, column 9: there is a comma after the last item; remove it"],
    ["[1, // hunter2\n2]", "line 1, column 5: there are no comments in JSON; remove this one"],
    ['{"a": 1 /* hunter2 */}', "line 1, column 9: there are no comments in JSON; remove this one"],
    [
      "{'hunter2': 1}",
      "line 1, column 2: expected a member name in double quotes; there are no single quotes in JSON",
    ],
    [
      '["a',
      "line 1, column 2: this string has no closing quote, or contains a control character or an invalid escape",
    ],
    ["[1", "line 1, column 3: the text ends too early"],
    ["{} hunter2", "line 1, column 4: unexpected text after the end of the value"],
    ["[".repeat(100), "line 1, column 66: nested too deeply"],
    ['{"a":'.repeat(100), `line 1, column ${5 * 65 + 1}: nested too deeply`],
  ];
  for (const [text, message] of cases) {
    assertEquals(parseJson(text, "it"), fail("it", "invalid_json", `is not JSON: ${message}`));
  }
});

Deno.test("parseJson() reads arrays and objects that are nested 64 deep", () => {
  agrees(`${"[".repeat(64)}1${"]".repeat(64)}`);
  agrees(`${'{"a":'.repeat(64)}1${"}".repeat(64)}`);
});

Deno.test("parseJson() reports member names that stand twice, in any spelling", () => {
  const result = parseJson(
    '{"a":{"b":1,"\\u0062":2},"__proto__":1,"__proto__":2,"c":[{"d":1},{"d":1}]}',
    "x",
  );
  const duplicates = valueOf(result).duplicates.map(({ path, code }) => `${path}: ${code}`);
  assertEquals(duplicates, ["a.b: duplicate_member", "__proto__: duplicate_member"]);
});

Deno.test("parseJson() reads a long string", () => {
  agrees(JSON.stringify("a\u00e9\n".repeat(500_000)));
});
