/**
 * Compares this checkout with a release, in turns, and fails if any workload takes more than 5 % more processor time.
 *
 *     deno task bench:guard [REF] [WORKLOAD ...]
 *
 * REF is any commit; by default the last tag `vX.Y.Z`. It is checked out in a temporary worktree, and both are started by
 * their own launchers. A workload that seems dearer is measured again, for longer, before it counts.
 *
 * @module
 */

import { join } from "@std/path";
import { canMeasure } from "../tests/support/process.ts";
import { untilSignal } from "../tests/support/until_signal.ts";
import { HERE, launch, oneRoute } from "./support/launched.ts";
import { startUpstream } from "./support/setting.ts";
import { measureInTurns, median, type Ratio, ratioOf, significant, type Subject } from "./support/turns.ts";
import { type Workload, WORKLOADS } from "./support/workloads.ts";

/** How much more processor time a workload may take. */
const LIMIT = 1.05;

/** The workloads that are compared if none is named. */
const USUAL = ["1k-1", "1k-16", "chunked", "100k", "events", "upload"];

/** How many turns, and how long each of them is, in seconds: short ones, so that what else the machine does meets both alike. */
const TURNS = 40;
const TURN_S = 0.5;

/** How many times more turns decide about a workload that seems dearer. */
const AGAIN = 2;

async function git(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("git", { args: [...args], cwd: HERE }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout).trim();
}

/** Checks a commit out, in a temporary worktree. */
async function checkOut(commit: string): Promise<AsyncDisposable & { readonly root: string }> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-release-" });
  const root = join(folder, "worktree");
  await git("worktree", "add", "--detach", root, commit);
  return {
    root,
    async [Symbol.asyncDispose]() {
      await git("worktree", "remove", "--force", root);
      await Deno.remove(folder);
    },
  };
}

async function compare(
  subjects: readonly [Subject, Subject],
  workload: Workload,
  turns: number,
): Promise<Ratio> {
  const [release, here] = await measureInTurns(subjects, workload, { turns, seconds: TURN_S });
  const ratio = ratioOf(here!, release!);
  const [low, high] = ratio.quartiles.map((each) => each.toFixed(3));
  const [before, now] = [median(release!.cpuUs), median(here!.cpuUs)].map(significant);
  console.log(
    `${workload.title.padEnd(32)} ${before!.padStart(6)} → ${now!.padStart(6)} us per ${
      workload.unit.padEnd(8)
    }× ${ratio.median.toFixed(3)} (quartiles ${low} and ${high})`,
  );
  return ratio;
}

/** Separates the names of workloads from the commit. */
async function parseArguments(): Promise<{ commit: string; names: readonly string[] }> {
  const names = Deno.args.filter((argument) => WORKLOADS.has(argument));
  const [ref, ...more] = Deno.args.filter((argument) => !WORKLOADS.has(argument));
  if (more.length > 0) {
    console.error(`Unknown: ${more.join(" ")}. The workloads are: ${[...WORKLOADS.keys()].join(" ")}`);
    Deno.exit(64);
  }
  try {
    const release = ref ?? await git("describe", "--tags", "--abbrev=0", "--match", "v*");
    const commit = await git("rev-parse", "--verify", `${release}^{commit}`);
    console.log(`This checkout compared with ${release} (${commit.slice(0, 10)}), ${TURNS} turns each:\n`);
    return { commit, names: names.length === 0 ? USUAL : names };
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    console.error(`Cannot find the release (${why}). Name a commit: deno task bench:guard REF`);
    Deno.exit(64);
  }
}

if (!canMeasure()) {
  console.error("Processor time is read from /proc, which this system does not have.");
  Deno.exit(1);
}
const { commit, names } = await parseArguments();
Deno.exit(
  await untilSignal(async (resources) => {
    const { root } = await resources.use(checkOut(commit));
    const upstream = await resources.use(startUpstream());
    const start = (name: string, from: string) =>
      resources.use(launch({ name, root: from, upstream, routes: oneRoute(upstream) }));
    const subjects = [await start("release", root), await start("here", HERE)] as const;
    const dearer: string[] = [];
    for (const name of names) {
      const workload = WORKLOADS.get(name)!;
      let ratio = await compare(subjects, workload, TURNS);
      if (ratio.median > LIMIT) ratio = await compare(subjects, workload, TURNS * AGAIN);
      if (ratio.median > LIMIT) dearer.push(name);
    }
    const percent = Math.round((LIMIT - 1) * 100);
    console.log(
      dearer.length === 0
        ? `\nNothing takes over ${percent} % more processor time.`
        : `\nOver ${percent} % more processor time: ${dearer.join(", ")}`,
    );
    return dearer.length === 0 ? 0 : 1;
  }),
);
