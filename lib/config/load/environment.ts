import { okUnless, type Problem, problem, type Result } from "../../core/result.ts";
import { missingGrant } from "./missing_grant.ts";

/** Reads environment variables. The map has no entry for a variable that is unset. */
export function readEnvironment(names: readonly string[]): Result<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const name of names) {
    try {
      const value = Deno.env.get(name);
      if (value !== undefined) values.set(name, value);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return missingGrant("--allow-env", name);
      if (!(error instanceof Deno.errors.InvalidData)) throw error;
      // The runtime's message quotes the value, which may be a token, so it must not be passed on.
      problems.push(problem(name, "invalid_utf8", "is not UTF-8 (the value is not shown)"));
    }
  }
  return okUnless(problems, values);
}
