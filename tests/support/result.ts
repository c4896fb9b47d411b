import type { Result } from "../../lib/core/result.ts";

/** The value of what must be good. */
export function valueOf<Value>(judged: Result<Value>): Value {
  if (judged.ok) return judged.value;
  throw new Error(`Wanted a value, got problems:\n${linesOf(judged).join("\n")}`);
}

/** The problems of what must be bad, a line each, as the commands print them. */
export function linesOf(judged: Result<unknown>): readonly string[] {
  if (judged.ok) throw new Error("Wanted problems, got a value");
  return judged.problems.map(({ path, message }) => `${path}: ${message}`);
}
