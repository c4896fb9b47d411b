import type { Problem, Result } from "../../lib/core/result.ts";

/** Returns the value of a result that must be valid. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new Error(`Expected a value, got problems:\n${linesOf(result).join("\n")}`);
}

/** Returns the problems of a result that must be invalid, one line per problem, as the commands print them. */
export function linesOf(result: Result<unknown>): readonly string[] {
  return failureOf(result).map(({ path, message }) => `${path}: ${message}`);
}

/** Returns the problems of a result that must be invalid as `path: code`, which no change of wording affects. */
export function codesOf(result: Result<unknown>): readonly string[] {
  return failureOf(result).map(({ path, code }) => `${path}: ${code}`);
}

function failureOf(result: Result<unknown>): readonly Problem[] {
  if (result.ok) throw new Error("Expected problems, got a value");
  return result.problems;
}
