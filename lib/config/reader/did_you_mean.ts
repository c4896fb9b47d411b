/**
 * Returns `; did you mean X?` with the candidate closest to a misspelled name, or `""` if none is close.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(didYouMean("auth_schema", ["auth_scheme", "auth_user"]), "; did you mean auth_scheme?");
 * assertEquals(didYouMean("colour", ["auth_scheme", "auth_user"]), "");
 * ```
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = suggest(name, candidates);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

/** Returns the closest candidate, if its edit distance is at most a third of the name's length and at most three. */
function suggest(name: string, candidates: readonly string[]): string | undefined {
  const spelled = normalise(name);
  let nearest: string | undefined;
  let least = Math.min(3, Math.ceil(spelled.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(spelled, normalise(candidate));
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Makes `authScheme` and `auth-scheme`, spelled by other conventions, equal to `auth_scheme`. */
function normalise(name: string): string {
  return name.replaceAll(/[-_]/g, "").toLowerCase();
}

/** Returns the Levenshtein distance, computed one row of the matrix at a time. */
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
