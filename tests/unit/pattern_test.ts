import { assertEquals } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { matches, type Pattern } from "../../lib/http/pattern.ts";
import { linesOf, valueOf } from "../support/result.ts";

const LEAST = { path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" };

function judge(fields: object) {
  return parseRoutes(JSON.stringify({ routes: [{ ...LEAST, ...fields }] }));
}

function patternOf(text: string): Pattern {
  return valueOf(judge({ paths: [text] })).routes[0]!.paths![0]!;
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
  const cases: [methods: unknown, line: string][] = [
    ["GET", "routes[0].methods: must be an array, got a string"],
    [[], "routes[0].methods: must hold at least one method"],
    [[1], "routes[0].methods[0]: must be a string, got a number"],
    [["GET", "GET"], "routes[0].methods[1]: stands twice"],
    [["get"], 'routes[0].methods[0]: must be a method in upper case such as GET, got "get"'],
    [["GET "], "routes[0].methods[0]: must be a method in upper case such as GET, the value is not shown"],
    [["TRACE"], "routes[0].methods[0]: must not be TRACE, which is never forwarded"],
    [["CONNECT"], "routes[0].methods[0]: must not be CONNECT, which is never forwarded"],
  ];
  for (const [methods, line] of cases) assertEquals(linesOf(judge({ methods })), [line]);
  assertEquals([...valueOf(judge({ methods: ["GET", "M-SEARCH"] })).routes[0]!.methods!], [
    "GET",
    "M-SEARCH",
  ]);
});

Deno.test("parseRoutes() refuses patterns that could never match or mean two things", () => {
  const characters =
    "must hold only letters, digits, -._~!$&'()+,=:@/ and the wildcards * and **; %2F may stand for a slash";
  const cases: [pattern: unknown, message: string][] = [
    [1, "must be a string, got a number"],
    ["/user", "must not begin with /: it is what follows the route's path"],
    ["a b", characters],
    ["%75ser", characters],
    ["a;b", characters],
    ["a#b", characters],
    ["é", characters],
    ["a//b", "must not hold an empty segment (//)"],
    ["a/../b", "must not hold the segments . and .."],
    ["a%2f..", "must not hold the segments . and .."],
    ["***", "must not hold more than two * in a row"],
    ["a?", "must have a query behind the ?"],
    ["a?b=*", "must not hold a * in the query, which is compared as it is written"],
    ["a?b c", "must hold only visible ASCII, and no #, in the query"],
    ["a?b#c", "must hold only visible ASCII, and no #, in the query"],
  ];
  for (const [pattern, message] of cases) {
    assertEquals(linesOf(judge({ paths: [pattern] })), [`routes[0].paths[0]: ${message}`]);
  }
  assertEquals(linesOf(judge({ paths: {} })), ["routes[0].paths: must be an array, got an object"]);
  assertEquals(linesOf(judge({ paths: [] })), ["routes[0].paths: must hold at least one pattern"]);
});
