/**
 * Changes the program in small ways, and reports the changes that no test notices.
 *
 *     deno task mutate                       of the files that differ from main, or else from the last commit but one
 *     deno task mutate FILE|FOLDER …         of these
 *     deno task mutate … --sample 100        so many mutants (40)
 *     deno task mutate … --seed 7            the same ones again
 *     deno task mutate … --only 3,20         of the sample, the third and the twentieth
 *     deno task mutate … --tests tests/unit  with these tests only, of those that reach the file
 *     deno task mutate … --near              without the tests that start the program, which take long
 *     deno task mutate … --keep FILE         keeps what is known about the tests, for the next run on the same files
 *
 * A survivor is a case that the tests lack, code that can go, or a change that makes no difference. It works in a copy
 * of the checkout, and exits with 1 if a mutant survived.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { parseArgs } from "./arguments.ts";
import { Baselines } from "./baseline.ts";
import { CheckoutCopy, output } from "./checkout_copy.ts";
import { findMutants } from "./find_mutants.ts";
import { buildGraph, testsThatReach } from "./import_graph.ts";
import { Judge } from "./judge.ts";
import { describeMutant } from "./mutant.ts";
import { shuffle } from "./sample.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

const { names, tests, near, sample, seed, only, keep } = parseArgs(Deno.args);
const named = names.length > 0 ? names : await changedFiles();
await using copy = await CheckoutCopy.of(ROOT);
// The tests run in groups of their own, which a signal to this process does not reach.
for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.addSignalListener(signal, () => {
    copy.abandon();
    Deno.exit(status);
  });
}
const files = [...copy.texts.keys()].filter((path) =>
  /^(?:lib\/|main\.ts$)/.test(path) && named.some((name) => isIn(path, name))
);
const mutants = files.flatMap((path) => findMutants(path, copy.texts.get(path) ?? ""));
const tried = shuffle(mutants, seed).slice(0, sample).map((mutant, index) => ({ mutant, number: index + 1 }))
  .filter(({ number }) => only.length === 0 || only.includes(number));
console.log(`${tried.length} of ${mutants.length} mutants of ${files.length} files, seed ${seed}`);

const graph = buildGraph(copy.texts);
const testsOf = (path: string) =>
  testsThatReach(path, graph).filter(({ startsProgram }) => !near || !startsProgram).map(({ file }) => file)
    .filter((file) => tests.length === 0 || tests.some((name) => isIn(file, name)));
const baselines = await Baselines.read(copy.texts, keep);
const judge = new Judge(copy, baselines, testsOf);
const survivors: string[] = [];
for (const { mutant, number } of tried) {
  const { killer, ran } = await judge.try(mutant);
  const described = describeMutant(copy.texts.get(mutant.path) ?? "", mutant);
  if (killer === undefined) survivors.push(`${number}: ${described}`);
  const verdict = killer === undefined ? `SURVIVED ${ran} test files` : `killed by ${killer}`;
  console.log(`${number}: ${described}\n  ${verdict}`);
}
for (const file of baselines.failing) {
  console.log(`${file} failed twice without any change, so it was left out`);
}
for (const file of baselines.unsteady) console.log(`${file} failed once without any change, then passed`);
const killed = tried.length - survivors.length;
console.log(`\n${killed} of ${tried.length} killed. Survivors:\n\n${survivors.join("\n") || "none"}`);
Deno.exitCode = survivors.length > 0 ? 1 : 0;

function isIn(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}/`);
}

/** The files that this branch and the checkout change; on main, those of the last commit. */
async function changedFiles(): Promise<string[]> {
  const git = (...args: string[]) => output("git", ["-C", ROOT, ...args]);
  const base = (await git("merge-base", "HEAD", "main")).trim();
  const diff = async (from: string) => (await git("diff", "--name-only", from)).split("\n").filter(Boolean);
  const changed = await diff(base);
  return changed.length > 0 ? changed : await diff("HEAD~1");
}
