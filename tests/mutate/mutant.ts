/**
 * Mutants: small changes of a program, each of which a test should notice.
 *
 * @module
 */

/** One change of one file. */
export interface Mutant {
  /** The file, from the root of the checkout. */
  readonly path: string;
  /** Where the replaced text begins and ends, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly replacement: string;
}

/** Returns the file's text with the change made. */
export function mutate(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Describes a mutant as `path:line`, and the lines before and after. */
export function describeMutant(text: string, mutant: Mutant): string {
  const after = mutate(text, mutant);
  const from = text.lastIndexOf("\n", mutant.start - 1) + 1;
  const lineOf = (whole: string, end: number) => {
    const next = whole.indexOf("\n", end);
    return whole.slice(from, next === -1 ? undefined : next).trim().replaceAll(/\s*\n\s*/g, " ");
  };
  return [
    `${mutant.path}:${mutant.line}`,
    `  - ${lineOf(text, mutant.end)}`,
    `  + ${lineOf(after, mutant.start + mutant.replacement.length)}`,
  ].join("\n");
}
