/**
 * The program's verbs, each run in a child process.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { Log } from "./log.ts";
import { within } from "./within.ts";

const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));
const MAIN: string = join(ROOT, "main.ts");

/** How long a child may take to start, to end, or to do its one job, in milliseconds. */
export const CHILD_PATIENCE = 15_000;

/** What a child process left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a verb. */
export interface MainOptions {
  /** The child's whole environment, besides what the runtime itself needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for `deno run`; by default, reading files and variables is granted. */
  readonly flags?: readonly string[];
}

/** Runs `main.ts` with the arguments until it exits; kills it and rejects if it does not. */
export async function runMain(args: readonly string[], options: MainOptions = {}): Promise<Outcome> {
  const child = spawnMain(options.flags ?? ["--no-prompt", "--allow-read", "--allow-env"], args, options.env);
  const [stdout, stderr] = [new Log(child.stdout), new Log(child.stderr)];
  try {
    const { code } = await within(child.status, () => `End of ${args[0]}: ${stderr.text}`, CHILD_PATIENCE);
    await Promise.all([stdout.done, stderr.done]);
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    await endChild(child, "SIGKILL");
  }
}

/** Returns the flags that `permissions` prints for an environment, split as a shell splits them. */
export async function derivedFlags(
  env: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<string[]> {
  const { code, stdout, stderr } = await runMain(["permissions", ...options], { env });
  if (code !== 0) throw new Error(`permissions ended with ${code}: ${stderr}`);
  return stdout.split(/\s+/).filter((flag) => flag !== "");
}

/** Starts `main.ts` with the arguments, in an environment that holds nothing but `env`. */
export function spawnMain(
  flags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  // What the runtime needs to find its cache; none of it is for the program.
  const own = ["PATH", "HOME", "DENO_DIR", ...coverage()].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, MAIN, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: {
      ...Object.fromEntries(own),
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      DENO_USE_WRITEV: "1",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Ends a child if it still runs: with the signal, and with SIGKILL if it ignores that. */
export async function endChild(child: Deno.ChildProcess, signal: Deno.Signal): Promise<void> {
  try {
    child.kill(signal);
    await within(child.status, `End of process ${child.pid} after ${signal}`, CHILD_PATIENCE);
  } catch (error) {
    // It has exited already.
    if (error instanceof TypeError) return;
    child.kill("SIGKILL");
    await child.status;
    throw error;
  }
}

/** The variable by which the runtime reports what ran, where it may be read: not in the demo, which uses this as well. */
function coverage(): string[] {
  const variable = "DENO_COVERAGE_DIR";
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted" ? [variable] : [];
}
