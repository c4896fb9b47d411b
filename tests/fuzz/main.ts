/**
 * Fuzzes the pure parsers with Jazzer.js, whose coverage guides it to inputs that reach more of them.
 *
 *     deno task fuzz                    all targets, a minute each
 *     deno task fuzz TARGET … SECONDS   these, so long each
 *
 * It installs Jazzer.js in the user's cache and runs it in Node, or in what the variable `NODE` names; on Linux it needs
 * glibc 2.38. It begins with the inputs of tests/testdata/fuzz, keeps what it learns beside Jazzer.js, and exits with 1
 * if an input fails; that belongs into tests/testdata/fuzz, where an ordinary test feeds it to the parser again.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { TARGETS } from "./targets.ts";

const JAZZER = "@jazzer.js/core@4.0.0";
const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const folder = join(
  Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache"),
  "cred-proxy-fuzz",
);

const isSeconds = (arg: string) => /^\d+$/.test(arg);
const seconds = Number(Deno.args.find(isSeconds) ?? 60);
const asked = Deno.args.filter((arg) => !isSeconds(arg));
const unknown = asked.find((name) => !(name in TARGETS));
if (unknown !== undefined) {
  console.error(`Unknown target ${unknown}; there are ${Object.keys(TARGETS).join(", ")}`);
  Deno.exit(1);
}

await Deno.mkdir(folder, { recursive: true });
await run("npm", ["install", "--no-audit", "--no-fund", "--no-save", JAZZER], {});
const bundle = join(folder, "parsers.cjs");
const entry = join(ROOT, "tests/fuzz/jazzer_entry.ts");
await run(Deno.execPath(), ["bundle", "--quiet", "--format", "cjs", "-o", bundle, entry], {});
// A bundle does not export in the way that the fuzzer looks for.
await Deno.writeTextFile(join(folder, "entry.cjs"), 'module.exports.fuzz = require("./parsers.cjs").fuzz;\n');

let failed = 0;
for (const target of asked.length > 0 ? asked : Object.keys(TARGETS)) {
  const corpus = join(folder, "corpus", target);
  const found = join(folder, "found", `${target}-`);
  await Deno.mkdir(corpus, { recursive: true });
  await Deno.mkdir(join(folder, "found"), { recursive: true });
  console.log(`${target}: ${seconds} s`);
  const code = await run(Deno.env.get("NODE") ?? "node", [
    "node_modules/@jazzer.js/core/dist/cli.js",
    "./entry.cjs",
    "--sync",
    corpus,
    join(ROOT, "tests/testdata/fuzz", target),
    "--",
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${found}`,
    "-print_final_stats=1",
  ], { env: { FUZZ_TARGET: target }, mayFail: true });
  if (code !== 0) {
    failed++;
    console.error(`${target} failed; the input is in ${found}*`);
  }
}
Deno.exit(failed > 0 ? 1 : 0);

/** Runs a command in the fuzzer's folder. @returns Its exit code. @throws {Error} If that is not 0, unless it may be. */
async function run(
  command: string,
  args: readonly string[],
  { env = {}, mayFail = false }: { readonly env?: Record<string, string>; readonly mayFail?: boolean },
): Promise<number> {
  const { code } = await new Deno.Command(command, { args: [...args], cwd: folder, env, stdin: "null" })
    .spawn().status;
  if (code !== 0 && !mayFail) throw new Error(`${command} ${args[0]} ended with ${code}`);
  return code;
}
