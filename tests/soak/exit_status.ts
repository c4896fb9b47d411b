/** What must hold, and what is said where it does not. */
export type Condition = readonly [holds: boolean, otherwise: string];

/** Says what does not hold. @returns The exit status. */
export function exitStatus(conditions: readonly Condition[]): number {
  const faults = conditions.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
  console.log(faults.length === 0 ? "\nAll well." : `\nNOT well:\n  ${faults.join("\n  ")}`);
  return faults.length === 0 ? 0 : 1;
}
