/**
 * The checks of `deno task e2e`; the clients themselves are too large to run with every test.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findLeaks } from "./check_outcome.ts";
import { includesKey, makeKey } from "./secrets.ts";
import { runScript } from "./shell.ts";
import type { E2eFixture } from "./fixture.ts";
import { CLIENT_CASES } from "./cases/all.ts";
import { type ClientCase, expressionFor, withUrl, withVariables } from "./client_case.ts";
import { judge, type RunResult } from "./judge.ts";
import { tableText } from "./markdown_table.ts";
import { withMatrix } from "./matrix.ts";

Deno.test("includesKey() finds a key as it is and in base64, at any alignment", () => {
  const key = makeKey("real");
  for (const before of ["", "x", "xy", "xyz", "user:"]) {
    for (const after of ["", "z", "zz"]) {
      assert(includesKey(`a ${before}${key}${after} b`, key));
      assert(includesKey(`Basic ${btoa(before + key + after)}`, key), before + after);
    }
  }
  assert(!includesKey(`${makeKey("real")} ${btoa(makeKey("real"))}`, key));
});

Deno.test("findLeaks() checks the upstreams, the output, what was sent to the client, and the client's files", async () => {
  const [key, real] = [makeKey("sentinel"), makeKey("real")];
  const home = await Deno.makeTempDir();
  try {
    const fixture = (body: string, sent: string) => ({
      key,
      received: [{ head: "POST / HTTP/1.1", body }],
      setup: { tokens: { A: real } },
      sentToClients: () => sent,
    } as unknown as E2eFixture);
    const ran = (stderr: string) => ({ code: 0, stdout: "", stderr, seconds: 1 });
    assertEquals(await findLeaks({ fixture: fixture("", ""), ran: ran(key), home }), []);
    await Deno.mkdir(`${home}/.a/b`, { recursive: true });
    await Deno.writeTextFile(`${home}/.a/b/c`, `token=${real}`);
    assertEquals(await findLeaks({ fixture: fixture(btoa(`x:${key}`), real), ran: ran(`! ${real}`), home }), [
      "its key went to an upstream",
      "a real key is in what it printed",
      "a real key is in what it was sent",
      `a real key is in its file ${home}/.a/b/c`,
    ]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("runScript() kills a script at its time limit, with all that it started", async () => {
  const home = await Deno.makeTempDir();
  try {
    const script = "echo begun; sleep 60 & sleep 60";
    const options = { script, clientsFolder: home, home, env: {}, limitMs: 500 };
    const { code, stdout, seconds } = await runScript(options);
    assertEquals([code, stdout], [undefined, "begun\n"]);
    assert(seconds < 10);
    assertEquals((await runScript({ ...options, script: "exit 3" })).code, 3);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("tableText() makes each column as wide as its widest cell", () => {
  assertEquals(tableText(["a", "b"], [["1", "long"]]), "| a   | b    |\n| --- | ---- |\n| 1   | long |");
});

const FINE: RunResult = { unmet: [], leaks: [], bypassAttempts: [] };
const UNMET: RunResult = { ...FINE, unmet: ["did not print the answer"] };

Deno.test("judge() reports a client that does not work as expected, and one that works although it should not", () => {
  const limit = { text: "no credential over http" };
  const guardedOnly = { ...limit, withClientToken: true } as const;
  const past = { ...limit, host: "npm.example.com" };
  const both = { open: UNMET, guarded: UNMET };
  const onlyGuarded = { open: FINE, guarded: UNMET };
  assertEquals(judge({}, { open: FINE, guarded: FINE }), { kind: "works" });
  assertEquals(judge({}, onlyGuarded).kind, "failed");
  assertEquals(judge({ knownLimit: limit }, both), { kind: "limit", text: limit.text, open: false });
  assertEquals(judge({ knownLimit: guardedOnly }, onlyGuarded), {
    kind: "limit",
    text: limit.text,
    open: true,
  });
  assertEquals(judge({ knownLimit: guardedOnly }, both).kind, "failed");
  assertEquals(judge({ knownLimit: limit }, onlyGuarded).kind, "failed");
  assertEquals(judge({ knownLimit: past }, both).kind, "failed");
  const bypassing = { ...UNMET, bypassAttempts: ["npm.example.com:443"] };
  assertEquals(judge({ knownLimit: past }, { open: bypassing, guarded: bypassing }).kind, "limit");
  assertEquals(
    judge({ knownLimit: limit }, { open: UNMET, guarded: { ...UNMET, leaks: ["a key"] } }).kind,
    "failed",
  );
});

Deno.test("withMatrix() replaces the rows of those that ran, keeps the others, and counts", () => {
  const [first, second, third] = CLIENT_CASES as unknown as readonly [ClientCase, ClientCase, ClientCase];
  const before = `a\n\n<!-- begin: written by \`task e2e write\` -->\n\nold text

| client | version | what it did | lines | outcome |
| ------ | ------- | ----------- | ----- | ------- |
| ${first.name} | 1.0 | x | as printed | works |
| ${second.name} | 1.0 | x | and more | works |
| gone | 1.0 | x | as printed | works |

<!-- end -->\n\nb\n`;
  const limit = { kind: "limit", text: "why", open: true } as const;
  const after = withMatrix(before, [
    { client: third, version: "3.0", outcome: limit },
    { client: first, outcome: { kind: "missing" } },
  ]);
  const rows = after.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assertEquals(rows.map((row) => row.split("|").map((cell) => cell.trim()).slice(1, 3)), [
    [first.name, "1.0"],
    [second.name, "1.0"],
    [third.name, "3.0"],
  ]);
  assert(after.includes("only without a client token: why"));
  assert(!after.includes("old text") && !after.includes("gone"));
  const words = after.replaceAll(/\s+/g, " ");
  assert(
    words.includes("Of 3 clients, 1 work with the printed lines alone, 1 with those and what the table"),
  );
  assert(words.includes("names, 1 only without a client token, and 0 not at all."));
  assertEquals(withMatrix(after, []), after);
});

Deno.test("a script takes variables, a URL or an expression from the printed lines", () => {
  const lines = [
    '# a library: new Client({ url: "http://p/a" })',
    "export A=1 B=2",
    "program --flag",
    'curl -H "Authorization: Bearer $AGENT" http://p/a/',
  ].join("\n");
  assertEquals(withVariables("run")(lines), "export A=1 B=2\nrun");
  assertEquals(withUrl("run")(lines), "export URL=http://p/a KEY=$AGENT\nrun");
  assertEquals(withUrl("run")("curl http://p/a/"), "export URL=http://p/a KEY=placeholder\nrun");
  assertEquals(expressionFor("a library", lines), 'new Client({ url: "http://p/a" })');
});
