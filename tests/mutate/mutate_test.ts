/**
 * The command that changes the program: what it changes, which tests it runs, and what it makes of them.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseArgs } from "./arguments.ts";
import { Baselines } from "./baseline.ts";
import { CheckoutCopy, output, readLcov } from "./checkout_copy.ts";
import { findMutants } from "./find_mutants.ts";
import { buildGraph, testsThatReach } from "./import_graph.ts";
import { Judge } from "./judge.ts";
import { describeMutant, mutate } from "./mutant.ts";
import { shuffle } from "./sample.ts";
import { within } from "../support/within.ts";

/** All variants of a text, without those of names. */
function variants(text: string): string[] {
  return findMutants("a.ts", text).map((mutant) => mutate(text, mutant));
}

Deno.test("findMutants() changes operators, conditions, literals, calls and statements", () => {
  const cases: readonly (readonly [text: string, ...variants: string[]])[] = [
    ["a < b", "a <= b"],
    ["a ?? b", "a", "b"],
    ["if (a) b;", "if (true) b;", "if (false) b;"],
    ["a ? b : c", "true ? b : c", "false ? b : c"],
    ["x = !a", "x = a"],
    ["x = 1", "x = 2"],
    ["x = -1", "x = -2"],
    ["x = -a", "x = a"],
    ['x = ""', 'x = "mutant"'],
    ['x = "a"', 'x = ""'],
    ["x = /^a$/i", "x = /a$/i", "x = /^a/i", "x = /^a$/"],
    ["x = a.some(b)", "x = a.every(b)"],
    ["x = a.filter(b)", "x = a"],
    ["f(a);", ";"],
    ["this.a = b;", ";"],
    ["for (;;) break;", "for (;;) ;"],
    ["x = { ...a }", "x = { ...{} }"],
    ["while (true) f;", "while (false) f;"],
    ['import a from "b";'],
    ["type A = 1 | 'b';"],
    ["x = { 1: a }"],
  ];
  for (const [text, ...expected] of cases) assertEquals(variants(text).toSorted(), expected.toSorted(), text);
});

Deno.test("describeMutant() shows the place, and the lines before and after", () => {
  const text = "one;\nif (\n  a === b\n) two;\n";
  const [mutant] = findMutants("lib/a.ts", text).filter(({ replacement }) => replacement === "!==");
  assertEquals(describeMutant(text, mutant!), "lib/a.ts:3\n  - a === b\n  + a !== b");
});

Deno.test("shuffle() returns the same order for a seed, and another for another", () => {
  const values = Array.from({ length: 50 }, (_, at) => at);
  assertEquals(shuffle(values, 1), shuffle(values, 1));
  assertEquals(shuffle(values, 1).toSorted((a, b) => a - b), values);
  assert(shuffle(values, 1).join() !== shuffle(values, 2).join());
});

Deno.test("testsThatReach() returns those that import a file or start the program, those with it in their process first", () => {
  const graph = buildGraph(
    new Map([
      ["main.ts", 'import "./lib/a.ts";'],
      ["lib/a.ts", 'await import("./b.ts");'],
      ["lib/b.ts", ""],
      ["tests/support/run.ts", 'join(ROOT, "main.ts");'],
      ["tests/support/child.ts", 'import "../../lib/b.ts";'],
      ["tests/wire/a_test.ts", 'import "../support/run.ts";'],
      ["tests/unit/a_test.ts", 'import "../../lib/a.ts";'],
      ["tests/unit/b_test.ts", 'export * from "../../lib/b.ts";'],
      ["tests/unit/c_test.ts", 'new URL("../support/child.ts", import.meta.url);'],
      ["tests/unit/d_test.ts", 'import "../../lib/c.ts"; "lib/b.ts";'],
    ]),
  );
  assertEquals(
    testsThatReach("lib/b.ts", graph).map(({ file }) => file),
    ["b", "a", "c"].map((name) => `tests/unit/${name}_test.ts`).concat("tests/wire/a_test.ts"),
  );
});

Deno.test("readLcov() reads which lines ran", () => {
  const lcov = "SF:/c/lib/a.ts\nDA:1,2\nDA:3,0\nend_of_record\nSF:/c/lib/b.ts\nDA:1,0\nend_of_record\n";
  const executed = readLcov(lcov, "/c/");
  assertEquals(executed.get("lib/a.ts"), new Map([[1, true], [3, false]]));
  assertEquals(executed.get("lib/b.ts"), new Map([[1, false]]));
});

Deno.test("parseArgs() takes names and numbers, and rejects what it does not know", () => {
  assertEquals(
    parseArgs(["lib/a/", "--seed", "7", "main.ts", "--tests", "tests/unit", "--near", "--only", "3,20"]),
    {
      names: ["lib/a", "main.ts"],
      tests: ["tests/unit"],
      sample: 40,
      only: [3, 20],
      near: true,
      seed: 7,
      keep: undefined,
    },
  );
  for (const args of [["--seed"], ["--seed", "x"], ["--sead", "1"], ["--only", "a"]]) {
    assertThrows(() => parseArgs(args), Error);
  }
});

Deno.test("a mutant that a test notices is killed, and another survives; the checkout keeps its files", async () => {
  const root = await Deno.makeTempDir();
  const files = {
    "main.ts": "",
    "lib/a.ts":
      "export function a(b: number): number {\n  let c = 0;\n  while (c < b) c++;\n  return c;\n}\n",
    "tests/deno.json": "{}",
    "tests/a_test.ts":
      'import { a } from "../lib/a.ts";\nDeno.test("a", () => {\n  if (a(2) !== 2) throw new Error();\n});\n',
    "tests/b_test.ts":
      'import { a } from "../lib/a.ts";\na(1);\nDeno.test("b", () => {\n  throw new Error();\n});\n',
    // Fails in its first run, and passes from then on.
    "tests/c_test.ts": 'import { a } from "../lib/a.ts";\na(1);\n' +
      'Deno.test("c", () => {\n  try {\n    Deno.statSync("seen");\n  } catch (error) {\n' +
      '    Deno.mkdirSync("seen");\n    throw error;\n  }\n});\n',
  };
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(root, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    await output("git", ["init", "--quiet", root]);
    await using copy = await CheckoutCopy.of(root);
    const graph = buildGraph(copy.texts);
    const keep = join(root, "kept.json");
    const baselines = await Baselines.read(copy.texts, keep);
    const judge = new Judge(copy, baselines, (path) => testsThatReach(path, graph).map(({ file }) => file));
    const of = (replacement: string) => {
      const found = findMutants("lib/a.ts", files["lib/a.ts"]).find((each) =>
        each.replacement === replacement
      );
      return judge.try(found!);
    };
    assertEquals(await of("<="), { killer: "tests/a_test.ts", ran: 1 });
    // Starts at 1, and still ends at 2.
    assertEquals(await of("1"), { killer: undefined, ran: 2 });
    assertEquals([baselines.failing, baselines.unsteady], [["tests/b_test.ts"], ["tests/c_test.ts"]]);
    const again = await Baselines.read(copy.texts, keep);
    for (const file of ["tests/a_test.ts", "tests/c_test.ts"]) {
      assertEquals(again.get(file), baselines.get(file));
    }
    // A failure is not kept.
    assertEquals(again.get("tests/b_test.ts"), undefined);
    assertEquals((await Baselines.read(new Map(), keep)).get("tests/a_test.ts"), undefined);
    for (const [path, text] of Object.entries(files)) {
      assertEquals(await Deno.readTextFile(join(root, path)), text);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a copy that is abandoned ends its test and what the test started, and leaves no folder", async () => {
  const root = await Deno.makeTempDir();
  try {
    const began = join(root, "began");
    await Deno.mkdir(join(root, "tests"));
    await Deno.writeTextFile(join(root, "tests/deno.json"), "{}");
    await Deno.writeTextFile(
      join(root, "tests/a_test.ts"),
      `const child = new Deno.Command("sleep", { args: ["30"] }).spawn();
       Deno.writeTextFileSync("${began}.part", child.pid + " " + Deno.cwd());
       Deno.renameSync("${began}.part", "${began}");
       await child.status;`,
    );
    await output("git", ["init", "--quiet", root]);
    const copy = await CheckoutCopy.of(root);
    const run = copy.test("tests/a_test.ts", 20_000);
    const started = await within(eventually(() => Deno.readTextFileSync(began)), "The test's start");
    const [pid = "", folder = ""] = started.split(" ");
    copy.abandon();
    const { passed, late } = await run;
    assertEquals({ passed, late }, { passed: false, late: false });
    const ends = eventually(() =>
      assertThrows(() => Deno.kill(Number(pid), "SIGCONT"), Deno.errors.NotFound)
    );
    await within(ends, "The end of what the test started");
    assertThrows(() => Deno.statSync(folder), Deno.errors.NotFound);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

/** What an action returns once it no longer throws. */
async function eventually<T>(action: () => T): Promise<T> {
  while (true) {
    try {
      return action();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
