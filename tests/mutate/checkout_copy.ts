/**
 * A copy of the checkout, in which mutants are tried: whatever happens, the checkout itself keeps its files.
 *
 * @module
 */

import { dirname, join } from "@std/path";

/** How one run of a test file ended. */
export interface Run {
  readonly passed: boolean;
  /** It was killed because it took too long. */
  readonly late: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** The lines that a run executed, by file; a line that is not in the map has no code of its own. */
export type Executed = ReadonlyMap<string, ReadonlyMap<number, boolean>>;

/** A copy of the checkout in a folder of its own, which is removed in the end. */
export class CheckoutCopy implements AsyncDisposable {
  /** The texts of its TypeScript files, by their paths from the root. */
  readonly texts: ReadonlyMap<string, string>;
  readonly #folder: string;
  #runs = 0;
  /** The test that runs, as the group of its processes. */
  #group: number | undefined;

  private constructor(folder: string, texts: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.texts = texts;
  }

  /** Copies all files that git tracks or would add. */
  static async of(root: string): Promise<CheckoutCopy> {
    const folder = await Deno.makeTempDir({ prefix: "mutate-" });
    const listed = await output("git", ["-C", root, "ls-files", "-z", "-co", "--exclude-standard"]);
    const texts = new Map<string, string>();
    for (const path of listed.split("\0").filter((each) => each !== "")) {
      const to = join(folder, "tree", path);
      await Deno.mkdir(dirname(to), { recursive: true });
      try {
        await Deno.copyFile(join(root, path), to);
      } catch (error) {
        // Deleted, and not yet committed.
        if (error instanceof Deno.errors.NotFound) continue;
        throw error;
      }
      if (path.endsWith(".ts")) texts.set(path, await Deno.readTextFile(to));
    }
    await Deno.mkdir(join(folder, "t"));
    return new CheckoutCopy(folder, texts);
  }

  /** Writes another text into a file while an action runs. */
  async withText<T>(path: string, text: string, action: () => Promise<T>): Promise<T> {
    const file = join(this.#folder, "tree", path);
    await Deno.writeTextFile(file, text);
    try {
      return await action();
    } finally {
      await Deno.writeTextFile(file, this.texts.get(path) ?? "");
    }
  }

  /** Runs one test file, and kills it and all that it started after a time in milliseconds. */
  async test(file: string, limitMs: number): Promise<Run> {
    return await this.#run(
      ["test", "--no-check", "--fail-fast", "--config", "tests/deno.json", "-A", file],
      limitMs,
    );
  }

  /** Runs one test file, and returns what it executed in this process and in those that it started. */
  async testWithCoverage(file: string, limitMs: number): Promise<Run & { readonly executed: Executed }> {
    const folder = join(this.#folder, `coverage${++this.#runs}`);
    const run = await this.#run(
      ["test", "--no-check", `--coverage=${folder}`, "--config", "tests/deno.json", "-A", file],
      limitMs,
      { DENO_COVERAGE_DIR: folder },
    );
    const lcov = run.passed ? await readCoverage(folder) : "";
    await Deno.remove(folder, { recursive: true });
    return { ...run, executed: readLcov(lcov, join(this.#folder, "tree/")) };
  }

  /** Reports whether the types of a file, and of the program, are right. */
  async checks(path: string): Promise<boolean> {
    return (await this.#run(["check", "--config", "tests/deno.json", "main.ts", path], 120_000)).passed;
  }

  async #run(args: readonly string[], limitMs: number, env: Record<string, string> = {}): Promise<Run> {
    const began = performance.now();
    // A group of its own, so that what a test started ends with it.
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: join(this.#folder, "tree"),
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", TMPDIR: join(this.#folder, "t"), ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    this.#group = child.pid;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid);
    }, limitMs);
    const { success } = await child.status;
    clearTimeout(timer);
    killGroup(child.pid);
    this.#group = undefined;
    return { passed: success && !late, late, ms: performance.now() - began };
  }

  /** Kills the test that runs, and removes the folder: for a process that ends at once. */
  abandon(): void {
    if (this.#group !== undefined) killGroup(this.#group);
    for (let attempt = 1; attempt <= 3; attempt++) {
      try {
        return Deno.removeSync(this.#folder, { recursive: true });
      } catch {
        // A killed process may still have written a file meanwhile.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Returns the coverage of the program in the format of lcov; empty if none of it ran. */
async function readCoverage(folder: string): Promise<string> {
  try {
    return await output(Deno.execPath(), ["coverage", "--lcov", "--include=/tree/(lib/|main)", folder]);
  } catch (error) {
    if (error instanceof Error && error.message.includes("No covered files")) return "";
    throw error;
  }
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Reads the lines of a coverage report in the format of lcov, for the files below a folder. */
export function readLcov(lcov: string, root: string): Executed {
  const executed = new Map<string, Map<number, boolean>>();
  let lines = new Map<number, boolean>();
  for (const line of lcov.split("\n")) {
    const [, file] = /^SF:(.*)$/.exec(line) ?? [];
    if (file !== undefined) {
      lines = new Map();
      executed.set(file.startsWith(root) ? file.slice(root.length) : file, lines);
    }
    const [, number, count] = /^DA:(\d+),(\d+)/.exec(line) ?? [];
    if (number !== undefined) lines.set(Number(number), Number(count) > 0);
  }
  return executed;
}

/** Runs a command and returns what it prints. */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" })
    .output();
  if (!success) throw new Error(`${command} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
