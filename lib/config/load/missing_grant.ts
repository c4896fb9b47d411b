import { launcherCommand } from "../../core/launch.ts";
import { fail, type Failure } from "../../core/result.ts";

/** Reports a flag that was not given, or not for this variable or file. */
export function missingGrant(flag: string, item: string): Failure {
  return fail(flag, "missing_grant", `is missing ${item}; the right command is: ${launcherCommand("serve")}`);
}
