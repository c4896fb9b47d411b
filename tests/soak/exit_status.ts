/** What must hold, and the message if it does not. */
export type Condition = readonly [holds: boolean, otherwise: string];

/** Prints which conditions do not hold. @returns The exit status: 0 if all hold, otherwise 1. */
export function exitStatus(conditions: readonly Condition[]): number {
  const failures = conditions.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
  console.log(failures.length === 0 ? "\nAll well." : `\nNOT well:\n  ${failures.join("\n  ")}`);
  return failures.length === 0 ? 0 : 1;
}
