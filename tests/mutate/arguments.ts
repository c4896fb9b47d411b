/**
 * The arguments of `deno task mutate`.
 *
 * @module
 */

/** What to try. */
export interface Arguments {
  /** Files and folders from the root of the checkout, without a slash at the end. */
  readonly names: readonly string[];
  /** How many mutants, and how many of the first of these to leave out. */
  readonly sample: number;
  readonly from: number;
  readonly seed: number;
  /** Test files and folders to run; all that reach the file, if it is empty. */
  readonly tests: readonly string[];
}

/** Parses the arguments; a seed that is not given is a new one. */
export function parseArgs(args: readonly string[]): Arguments {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const tests: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (!arg.startsWith("--")) {
      names.push(arg.replace(/\/$/, ""));
      continue;
    }
    const value = args[++index] ?? "";
    if (arg === "--tests") {
      tests.push(value.replace(/\/$/, ""));
    } else if (/^--(?:sample|seed|from)$/.test(arg) && /^\d{1,9}$/.test(value)) {
      numbers.set(arg, Number(value));
    } else {
      throw new Error(
        `Unknown option ${arg} ${value}; use --sample, --seed or --from with a number, or --tests`,
      );
    }
  }
  return {
    names,
    tests,
    sample: numbers.get("--sample") ?? 40,
    from: numbers.get("--from") ?? 0,
    seed: numbers.get("--seed") ?? crypto.getRandomValues(new Uint16Array(1))[0] ?? 0,
  };
}
