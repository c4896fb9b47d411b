/**
 * What is known about a test file on the program as it is, and a file that keeps it for the next run.
 *
 * @module
 */

import type { Executed } from "./checkout_copy.ts";

/** How a test file ends on the program as it is. */
export interface Baseline {
  readonly passed: boolean;
  /** Whether its first run failed, though the second may have passed. */
  readonly failedOnce: boolean;
  /** How long it takes, in milliseconds. */
  readonly ms: number;
  readonly executed: Executed;
}

/** The baselines of the test files that have run. */
export class Baselines {
  readonly #file: string | undefined;
  readonly #digest: string;
  readonly #known: Map<string, Baseline>;

  private constructor(file: string | undefined, digest: string, known: Map<string, Baseline>) {
    this.#file = file;
    this.#digest = digest;
    this.#known = known;
  }

  /** Reads what a file keeps, if that is about the same texts. Without a file, nothing is kept. */
  static async read(texts: ReadonlyMap<string, string>, file?: string): Promise<Baselines> {
    const bytes = new TextEncoder().encode(JSON.stringify([...texts]));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const text = file === undefined ? "" : await Deno.readTextFile(file).catch(() => "");
    const kept = text === "" ? undefined : JSON.parse(text);
    return new Baselines(file, digest, kept?.digest === digest ? known(kept.baselines) : new Map());
  }

  get(test: string): Baseline | undefined {
    return this.#known.get(test);
  }

  /** Adds a baseline, and writes those of tests that pass into the file: the next run tries the others again. */
  async add(test: string, baseline: Baseline): Promise<void> {
    this.#known.set(test, baseline);
    if (this.#file === undefined) return;
    const passing = [...this.#known].filter(([, { passed }]) => passed);
    const baselines = passing.map(([test, { failedOnce, ms, executed }]) =>
      [test, failedOnce, ms, [...executed].map(([path, lines]) => [path, [...lines]])] as Kept
    );
    await Deno.writeTextFile(this.#file, JSON.stringify({ digest: this.#digest, baselines }));
  }

  /** The test files that failed twice on the program as it is. */
  get failing(): string[] {
    return this.#named(({ passed }) => !passed);
  }

  /** The test files that failed on the program as it is, and then passed. */
  get unsteady(): string[] {
    return this.#named(({ passed, failedOnce }) => passed && failedOnce);
  }

  #named(predicate: (baseline: Baseline) => boolean): string[] {
    return [...this.#known].filter(([, baseline]) => predicate(baseline)).map(([test]) => test);
  }
}

type Kept = [
  test: string,
  failedOnce: boolean,
  ms: number,
  executed: [path: string, lines: [number, boolean][]][],
];

function known(baselines: readonly Kept[]): Map<string, Baseline> {
  return new Map(baselines.map(([test, failedOnce, ms, executed]) => {
    const lines = new Map(executed.map(([path, each]) => [path, new Map(each)]));
    return [test, { passed: true, failedOnce, ms, executed: lines }];
  }));
}
