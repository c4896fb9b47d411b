/**
 * The patterns of a route's `paths`, and matching against them.
 *
 * @module
 */

/** A parsed pattern. */
export interface Pattern {
  /** The pattern of the path below the route's prefix. */
  readonly steps: readonly Step[];
  /** The exact query that is required, including its `?`; undefined allows any query, or none. */
  readonly query: string | undefined;
}

/** One step of a pattern: a character, a slash spelled `%2F`, or a wildcard. */
export type Step = string | typeof WITHIN | typeof ACROSS;

/** `*`: one or more characters within a segment, percent-encoded or not, except `%2F`. */
export const WITHIN: unique symbol = Symbol("*");

/** `**`: any number of characters, including slashes, except `%2F`. */
export const ACROSS: unique symbol = Symbol("**");

/** A percent-encoded slash, which does not end a segment on a server that splits the path before decoding it. */
export const CODED_SLASH = "%2F";

/** A character, percent-encoded or not. */
const PART = /%..|[^]/g;

/**
 * Reports whether a pattern matches an entire path.
 *
 * All alternatives are followed in parallel, so that no path takes more time than its length times the pattern's: the
 * path is the client's choice.
 *
 * @param path The part after the route's prefix.
 */
export function matches({ steps }: Pattern, path: string): boolean {
  let at = reachable(steps, [0]);
  for (const [part] of path.matchAll(PART)) {
    const slash = part === "/";
    const coded = part.toUpperCase() === CODED_SLASH;
    const next: number[] = [];
    for (const index of at) {
      const step = steps[index];
      if (step === ACROSS && !coded) next.push(index);
      else if (step === WITHIN && !coded && !slash) next.push(index, index + 1);
      else if (step === part || (coded && step === CODED_SLASH)) next.push(index + 1);
    }
    if (next.length === 0) return false;
    at = reachable(steps, next);
  }
  return at.includes(steps.length);
}

/** Returns the given positions, each once, and those that follow a wildcard that may match nothing. */
function reachable(steps: readonly Step[], positions: readonly number[]): readonly number[] {
  const all: number[] = [];
  for (let position of positions) {
    if (!all.includes(position)) all.push(position);
    while (steps[position] === ACROSS) if (!all.includes(++position)) all.push(position);
  }
  return all;
}
