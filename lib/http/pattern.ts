/** A pattern of `paths`, made to be compared. */
export interface Pattern {
  /** What follows the prefix. */
  readonly steps: readonly Step[];
  /** The query that must be there, byte for byte, with its `?`; undefined: any or none. */
  readonly query: string | undefined;
}

/** A character, a slash spelled `%2F`, or a wildcard. */
export type Step = string | typeof WITHIN | typeof ACROSS;

/** `*`: at least one character of a segment, be it percent-encoded; no `%2F`. */
export const WITHIN: unique symbol = Symbol("*");

/** `**`: any characters, slashes among them, or none; no `%2F` either. */
export const ACROSS: unique symbol = Symbol("**");

/** A slash that is no end of a segment to those who split before they decode. */
export const CODED_SLASH = "%2F";

/** A character, percent-encoded or not. */
const PART = /%..|[^]/g;

/**
 * Whether a path has this shape from its beginning to its end.
 *
 * All ways to read the pattern are followed at once, so that no path, which a stranger chooses, takes more time than
 * its length times the pattern's.
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

/** These places in the pattern, each once, and those behind a wildcard that may stand for nothing. */
function reachable(steps: readonly Step[], places: readonly number[]): readonly number[] {
  const all: number[] = [];
  for (let place of places) {
    if (!all.includes(place)) all.push(place);
    while (steps[place] === ACROSS) if (!all.includes(++place)) all.push(place);
  }
  return all;
}
