/**
 * The candidate that a misspelled name most likely means, or undefined if none is near.
 *
 * Near is an edit distance of a third of the name's length: one letter in a short name, three in a long one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(suggest("auth_schema", ["auth_scheme", "auth_user"]), "auth_scheme");
 * assertEquals(suggest("colour", ["auth_scheme", "auth_user"]), undefined);
 * ```
 */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  const spelled = normalise(name);
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(spelled.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(spelled, normalise(candidate));
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = suggest(name, candidates);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

/** `authScheme` and `auth-scheme` are `auth_scheme` in other habits of spelling. */
function normalise(name: string): string {
  return name.replaceAll(/[-_]/g, "").toLowerCase();
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const changed = (row[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
