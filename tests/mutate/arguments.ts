/**
 * The arguments of `deno task mutate`.
 *
 * @module
 */

/** What to try. */
export interface Arguments {
  /** Files and folders from the root of the checkout, without a slash at the end. */
  readonly names: readonly string[];
  /** How many mutants. */
  readonly sample: number;
  /** Which of them, counted from 1; all, if it is empty. */
  readonly only: readonly number[];
  readonly seed: number;
  /** Test files and folders to run; all that reach the file, if it is empty. */
  readonly tests: readonly string[];
  /** Whether to leave out the tests that start the program. */
  readonly near: boolean;
  /** Where to keep the tests' baselines. */
  readonly keep: string | undefined;
}

/** Parses the arguments; a seed that is not given is a new one. */
export function parseArgs(args: readonly string[]): Arguments {
  const options = new Map<string, string[]>();
  const names: string[] = [];
  let near = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--near") {
      near = true;
      continue;
    }
    if (!arg.startsWith("--")) {
      names.push(arg.replace(/\/$/, ""));
      continue;
    }
    const value = args[++index] ?? "";
    if (!OPTIONS[arg]?.test(value)) {
      throw new Error(
        `Cannot read ${arg} ${value}; use ${Object.keys(OPTIONS).join(", ")}, each with a value`,
      );
    }
    options.set(arg, [...options.get(arg) ?? [], value]);
  }
  const last = (option: string) => options.get(option)?.at(-1);
  return {
    names,
    near,
    tests: (options.get("--tests") ?? []).map((each) => each.replace(/\/$/, "")),
    sample: Number(last("--sample") ?? 40),
    only: last("--only")?.split(",").map(Number) ?? [],
    seed: Number(last("--seed") ?? crypto.getRandomValues(new Uint16Array(1))[0]),
    keep: last("--keep"),
  };
}

/** The options, and what their values look like. */
const OPTIONS: Readonly<Record<string, RegExp>> = {
  "--sample": /^\d{1,9}$/,
  "--only": /^\d+(?:,\d+)*$/,
  "--seed": /^\d{1,9}$/,
  "--tests": /./,
  "--keep": /./,
};
