import { assertEquals } from "@std/assert";
import { parseTokens } from "../../lib/config/route/token.ts";
import { parseToken } from "../../lib/config/route/token_text.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { fail, ok } from "../../lib/core/result.ts";
import { codesOf, valueOf } from "../support/result.ts";

Deno.test("parseToken() treats empty as unset", () => {
  for (const value of [undefined, ""]) assertEquals(parseToken(value, "T"), ok(undefined));
});

Deno.test("parseToken() returns the token in a form that can't be printed", () => {
  for (const token of ["sk-1", "user:pass word", "\u00e9", "!~"]) {
    const secret = valueOf(parseToken(token, "T"));
    assertEquals(secret?.reveal(), token);
    assertEquals(`${secret}`, "[redacted]");
  }
});

Deno.test("parseToken() reports which byte a head can't carry and where, and not the token", () => {
  const cases: [value: string, message: string][] = [
    ["hunter2\n", "contains a line feed (LF) at position 8"],
    ["hunter2\r\nx: y", "contains a carriage return (CR) at position 8"],
    ["\0hunter2", "contains NUL at position 1"],
    ["hun\tter2", "contains a tab at position 4"],
    ["hun\x7fter2", "contains a control character at position 4"],
    ["hunter2\u20ac", "contains a character beyond Latin-1 at position 8"],
    ["hunter2\u{1f511}", "contains a character beyond Latin-1 at position 8"],
    [" hunter2", "begins with whitespace"],
    ["hunter2 ", "ends with whitespace"],
  ];
  for (const [value, message] of cases) {
    const problem = fail("A_TOKEN", "invalid_characters", `${message} (the value is not shown)`);
    assertEquals(parseToken(value, "A_TOKEN"), problem);
  }
});

Deno.test("parseTokens() reads each variable once, leaves out the unset and reports all problems", () => {
  const routes = ["A", "B", "A", "C"].map((token, index) => ({
    path: `/${index}/`,
    upstream: "https://a.example",
    auth_scheme: "",
    token_env: token,
  }));
  const table = valueOf(parseRoutes(JSON.stringify({ routes })));
  const read: string[] = [];
  const good = parseTokens(table, (name) => {
    read.push(name);
    return name === "B" ? undefined : "x";
  });
  assertEquals([...valueOf(good).keys()], ["A", "C"]);
  assertEquals(read, ["A", "B", "C"]);
  const bad = parseTokens(table, () => "\n");
  assertEquals(codesOf(bad), ["A", "B", "C"].map((name) => `${name}: invalid_characters`));
});
