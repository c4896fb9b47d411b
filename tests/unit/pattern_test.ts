import { assertEquals } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { matches, type Pattern } from "../../lib/http/pattern.ts";
import { codesOf, valueOf } from "../support/result.ts";

const LEAST = { path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" };

function parse(fields: object) {
  return parseRoutes(JSON.stringify({ routes: [{ ...LEAST, ...fields }] }));
}

function patternOf(text: string): Pattern {
  return valueOf(parse({ paths: [text] })).routes[0]!.paths![0]!;
}

Deno.test("matches() lets * match within a segment and ** across segments", () => {
  const cases: [pattern: string, path: string, wanted: boolean][] = [
    ["", "", true],
    ["", "x", false],
    ["user", "user", true],
    ["user", "User", false],
    ["user", "user/", false],
    ["user", "users", false],
    ["*", "", false],
    ["*", "x", true],
    ["*", "x/y", false],
    ["*", "x/", false],
    ["**", "", true],
    ["**", "x/y/z", true],
    ["*.json", ".json", false],
    ["*.json", "a.b.json", true],
    ["*.json", "a/b.json", false],
    ["models/*:generateContent", "models/gemini:generateContent", true],
    ["models/*:generateContent", "models/gemini:streamGenerateContent", false],
    ["models/*:generateContent", "models/gemini%3AgenerateContent", false],
    ["repos/*/*/pulls", "repos/o/r/pulls", true],
    ["repos/*/*/pulls", "repos/o/pulls", false],
    ["repos/**", "repos", false],
    ["repos/**", "repos/", true],
    ["repos/**/pulls", "repos/o/r/pulls", true],
    ["**/info/refs", "info/refs", false],
    ["**/info/refs", "o/r.git/info/refs", true],
    ["**a**b**", "xxaxxbxx", true],
    ["**a**b**", "xxbxxaxx", false],
    ["*a*a", "aaa", false],
    ["*a*a", "xaxa", true],
    ["caf*", "caf%C3%A9", true],
    ["@acme%2f*", "@acme%2Fx", true],
    ["@acme%2F*", "@acme%2fx", true],
    ["@acme%2F*", "@acme/x", false],
    ["@acme/*", "@acme%2fx", false],
    ["*", "@acme%2fx", false],
    ["**", "@acme%2Fx", false],
  ];
  for (const [pattern, path, wanted] of cases) {
    assertEquals(matches(patternOf(pattern), path), wanted, `${pattern} on ${path}`);
  }
});

Deno.test("matches() takes no longer than the path's length times the pattern's, whatever a stranger sends", () => {
  const pattern = patternOf("**a**a**a**a*a*a*a*a**b");
  const started = performance.now();
  assertEquals(matches(pattern, "a".repeat(60_000)), false);
  assertEquals(performance.now() - started < 2_000, true);
});

Deno.test("parseRoutes() refuses methods that are invalid or never forwarded", () => {
  const cases: [methods: unknown, problem: string][] = [
    ["GET", "methods: wrong_type"],
    [[], "methods: empty"],
    [[1], "methods[0]: wrong_type"],
    [["GET", "GET"], "methods[1]: duplicate_item"],
    [["get"], "methods[0]: invalid_method"],
    [["GET "], "methods[0]: invalid_method"],
    [["TRACE"], "methods[0]: method_not_forwarded"],
    [["CONNECT"], "methods[0]: method_not_forwarded"],
  ];
  for (const [methods, problem] of cases) assertEquals(codesOf(parse({ methods })), [`routes[0].${problem}`]);
  assertEquals([...valueOf(parse({ methods: ["GET", "M-SEARCH"] })).routes[0]!.methods!], [
    "GET",
    "M-SEARCH",
  ]);
});

Deno.test("parseRoutes() refuses patterns that could never match or mean two things", () => {
  const cases: [pattern: unknown, code: string][] = [
    [1, "wrong_type"],
    ["/user", "leading_slash"],
    ["a b", "invalid_characters"],
    ["%75ser", "invalid_characters"],
    ["a;b", "invalid_characters"],
    ["a#b", "invalid_characters"],
    ["é", "invalid_characters"],
    ["a//b", "empty_segment"],
    ["a/../b", "dot_segment"],
    ["a%2f..", "dot_segment"],
    ["***", "invalid_wildcard"],
    ["a?", "invalid_query"],
    ["a?b=*", "invalid_wildcard"],
    ["a?b c", "invalid_query"],
    ["a?b#c", "invalid_query"],
  ];
  for (const [pattern, code] of cases) {
    assertEquals(codesOf(parse({ paths: [pattern] })), [`routes[0].paths[0]: ${code}`]);
  }
  assertEquals(codesOf(parse({ paths: {} })), ["routes[0].paths: wrong_type"]);
  assertEquals(codesOf(parse({ paths: [] })), ["routes[0].paths: empty"]);
});
