import type { Problem } from "../../core/result.ts";

/** The values of a table's entries that could be read, and everything that is wrong: if nothing is, all values are there. */
export type Reading<Values> =
  | { readonly ok: true; readonly values: Values; readonly problems: readonly [] }
  | { readonly ok: false; readonly values: Partial<Values>; readonly problems: readonly Problem[] };

/**
 * Makes a reading.
 *
 * @param values Has an entry for each name of `Values` if there are no problems.
 */
export function readingOf<Values>(
  values: Record<string, unknown>,
  problems: readonly Problem[],
): Reading<Values> {
  if (problems.length === 0) return { ok: true, values: values as Values, problems: [] };
  return { ok: false, values: values as Partial<Values>, problems };
}
