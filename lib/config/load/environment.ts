import { DERIVING_COMMAND } from "../../permissions/permissions.ts";
import type { Problem, Result } from "../../core/result.ts";

/** A variable that could not be read at all. */
class UnreadableVariable extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** Judge something that reads the environment; a variable that can't be read is a problem like another. */
export function withEnvironment<Value>(
  judge: (get: (name: string) => string | undefined) => Result<Value>,
): Result<Value> {
  try {
    return judge(readVariable);
  } catch (error) {
    if (error instanceof UnreadableVariable) return { ok: false, problems: [error.problem] };
    throw error;
  }
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UnreadableVariable(notCovered("--allow-env", name));
    }
    // The runtime's message quotes the value, which may be a token: it must not get any further.
    if (error instanceof Deno.errors.InvalidData) {
      throw new UnreadableVariable({ path: name, message: "is not UTF-8 (the value is not shown)" });
    }
    throw error;
  }
}

/** A flag that was not given, or not for this. */
export function notCovered(flag: string, what: string): Problem {
  return { path: flag, message: `is missing ${what}; the right command is: ${DERIVING_COMMAND}` };
}
