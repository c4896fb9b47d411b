/**
 * Tries mutants: a mutant is killed when a test fails, does not end, or does not compile.
 *
 * @module
 */

import type { Baseline, Baselines } from "./baseline.ts";
import type { CheckoutCopy, Executed } from "./checkout_copy.ts";
import { type Mutant, mutate } from "./mutant.ts";

/** How long a test file may take that has not run yet, in milliseconds. */
const FIRST_RUN_MS = 180_000;

/** What became of a mutant. */
export interface Verdict {
  /** What noticed it: a test file, or the compiler. Undefined if it survived. */
  readonly killer: string | undefined;
  /** How many test files ran. */
  readonly ran: number;
}

/** Tries one mutant after the other, with what it has learnt about the tests. */
export class Judge {
  readonly #copy: CheckoutCopy;
  readonly #testsOf: (path: string) => readonly string[];
  readonly #baselines: Baselines;
  /** The tests that killed mutants of a file, the last one first: likely to kill the next. */
  readonly #killers = new Map<string, readonly string[]>();

  /** @param testsOf Returns the test files that may notice a change of a file, those to try first before others. */
  constructor(copy: CheckoutCopy, baselines: Baselines, testsOf: (path: string) => readonly string[]) {
    this.#copy = copy;
    this.#baselines = baselines;
    this.#testsOf = testsOf;
  }

  /** Runs the tests that execute the mutant's line, the nearest first, until one notices it. */
  async try(mutant: Mutant): Promise<Verdict> {
    const killers = this.#killers.get(mutant.path) ?? [];
    const text = mutate(this.#copy.texts.get(mutant.path) ?? "", mutant);
    let ran = 0;
    for (const file of new Set([...killers, ...this.#testsOf(mutant.path)])) {
      const baseline = await this.#baseline(file);
      if (!baseline.passed || !reaches(baseline.executed, mutant)) continue;
      ran++;
      const limit = 10_000 + 4 * baseline.ms;
      const { passed } = await this.#copy.withText(mutant.path, text, () => this.#copy.test(file, limit));
      if (passed) continue;
      this.#killers.set(mutant.path, [file, ...killers.filter((each) => each !== file)]);
      return { killer: file, ran };
    }
    const compiles = await this.#copy.withText(mutant.path, text, () => this.#copy.checks(mutant.path));
    return { killer: compiles ? undefined : "the compiler", ran };
  }

  /** Returns how a test file ends without a change. One that fails once may have met a busy machine: it gets another try. */
  async #baseline(file: string): Promise<Baseline> {
    const known = this.#baselines.get(file);
    if (known !== undefined) return known;
    let run = await this.#copy.testWithCoverage(file, FIRST_RUN_MS);
    const failedOnce = !run.passed;
    if (failedOnce) run = await this.#copy.testWithCoverage(file, FIRST_RUN_MS);
    const { passed, ms, executed } = run;
    const baseline = { passed, failedOnce, ms, executed };
    await this.#baselines.add(file, baseline);
    return baseline;
  }
}

/** How far around a mutant a line that ran may be: of `if (a) b;` the report says whether `b` ran. */
const NEAR = 3;

/** Reports whether a mutant's surroundings ran. A line without code of its own runs with its file. */
function reaches(executed: Executed, { path, line }: Mutant): boolean {
  const lines = executed.get(path);
  if (lines === undefined) return false;
  const near = Array.from({ length: 2 * NEAR + 1 }, (_, at) => lines.get(line - NEAR + at));
  return near.some((ran) => ran === true) || near.every((ran) => ran === undefined);
}
