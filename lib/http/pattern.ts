/**
 * Patterns of a route's `paths`, and how a path is matched against them.
 *
 * @module
 */

/** A parsed pattern. */
export interface Pattern {
  /** What follows the prefix. */
  readonly steps: readonly Step[];
  /** The query that is required, byte for byte, with its `?`; undefined allows any, or none. */
  readonly query: string | undefined;
}

/** A character, a slash spelled `%2F`, or a wildcard. */
export type Step = string | typeof WITHIN | typeof ACROSS;

/** `*`: one or more characters of a segment, percent-encoded or not; no `%2F`. */
export const WITHIN: unique symbol = Symbol("*");

/** `**`: any number of characters, slashes included; no `%2F`. */
export const ACROSS: unique symbol = Symbol("**");

/** A slash that does not end a segment for a server that splits the path before it decodes it. */
export const CODED_SLASH = "%2F";

/** A character, percent-encoded or not. */
const PART = /%..|[^]/g;

/**
 * Whether a pattern matches a path as a whole.
 *
 * All alternatives are followed at once, so that no path, which a stranger chooses, takes more time than its length
 * times the pattern's.
 *
 * @param path What follows the prefix.
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

/** Returns these positions in the pattern, each once, and those after a wildcard that can match nothing. */
function reachable(steps: readonly Step[], positions: readonly number[]): readonly number[] {
  const all: number[] = [];
  for (let position of positions) {
    if (!all.includes(position)) all.push(position);
    while (steps[position] === ACROSS) if (!all.includes(++position)) all.push(position);
  }
  return all;
}
