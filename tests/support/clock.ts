/** Milliseconds since 1970 with their fractions: the same clock in each process of this machine, near enough. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
