import { assert, assertEquals } from "@std/assert";
import { parseEnvFile } from "../../lib/config/settings/env_file.ts";
import { shellQuote } from "../../lib/core/shell_quote.ts";
import { linesOf, valueOf } from "../support/result.ts";
import { fc, runs } from "../support/property.ts";

function read(text: string): Record<string, string> {
  return Object.fromEntries(valueOf(parseEnvFile(text, ".env")));
}

Deno.test("parseEnvFile() takes a value as it is: a $ and a # inside of it are part of it", () => {
  const cases: [text: string, variables: Record<string, string>][] = [
    ["", {}],
    ["# A=1\n\n  # B=2\n", {}],
    ["A=a$b#c", { A: "a$b#c" }],
    ["A=${B}`id`$(id)\\n", { A: "${B}`id`$(id)\\n" }],
    ["A=a b  # comment", { A: "a b" }],
    ["A=# comment", {}],
    ["A=\nB=''\nC=\"\"", {}],
    ["export A = a\r\nB=b\r\n", { A: "a", B: "b" }],
    ["\ufeffA=a=b", { A: "a=b" }],
    ["A='a #\"$b' # comment", { A: 'a #"$b' }],
    ['A="a\\nb\\"c\\\\d\\$e$f"', { A: 'a\nb"c\\d$e$f' }],
    ["A='line 1\nline 2'\nB=b", { A: "line 1\nline 2", B: "b" }],
    ['KEY="-----BEGIN KEY-----\nabc=\n-----END KEY-----\n"', {
      KEY: "-----BEGIN KEY-----\nabc=\n-----END KEY-----\n",
    }],
    ["A=it's", { A: "it's" }],
  ];
  for (const [text, variables] of cases) assertEquals(read(text), variables, JSON.stringify(text));
});

Deno.test("parseEnvFile() reports each bad line by its number, and shows none", () => {
  const text = "A=1\nhunter2\nB='hunter2\nC=1\n\nA=2\nD 2=hunter2\nE='hunter2' hunter2\n";
  assertEquals(linesOf(parseEnvFile(text, ".env")), [
    ".env:2: must be NAME=VALUE (the line is not shown)",
    ".env:3: has a value that begins with ' but does not end with it (the value is not shown)",
  ]);
  assertEquals(linesOf(parseEnvFile("A=1\n\nA=2\nD 2=hunter2\nE='hunter2' hunter2\nF=\"x", ".env")), [
    ".env:3: A is set in line 1 too; remove one",
    ".env:4: must be NAME=VALUE (the line is not shown)",
    ".env:5: has a value that begins with ' but does not end with it (the value is not shown)",
    '.env:6: has a value that begins with " but does not end with it (the value is not shown)',
  ]);
});

Deno.test("a shell gets exactly the value of a file, whatever it holds", async () => {
  const values = fc.sample(fc.string({ unit: "grapheme-ascii", minLength: 1 }), runs(50));
  const script = [...values, "a$b`id`\"'\\", "-n", "%s"].map((value) =>
    `printf '%s\\n' ${shellQuote(value)}`
  );
  const { stdout } = await new Deno.Command("sh", { args: ["-eufc", script.join("\n")] }).output();
  const expected = [...values, "a$b`id`\"'\\", "-n", "%s"].map((value) => `${value}\n`).join("");
  assert(new TextDecoder().decode(stdout) === expected);
});
