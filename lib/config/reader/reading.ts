import type { Problem } from "../../core/result.ts";

/** The values that could be read, and the problems with the others. Without problems, all values are present. */
export type Reading<Values> =
  | { readonly ok: true; readonly values: Values; readonly problems: readonly [] }
  | { readonly ok: false; readonly values: Partial<Values>; readonly problems: readonly Problem[] };

/**
 * Returns a reading.
 *
 * @param values Must have an entry for each name of `Values` if there are no problems.
 */
export function readingOf<Values>(
  values: Record<string, unknown>,
  problems: readonly Problem[],
): Reading<Values> {
  if (problems.length === 0) return { ok: true, values: values as Values, problems: [] };
  return { ok: false, values: values as Partial<Values>, problems };
}
