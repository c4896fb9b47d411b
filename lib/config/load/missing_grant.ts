import { launcherCommand } from "../../core/launch.ts";
import { fail, type Failure } from "../../core/result.ts";

/** Returns the problem of a permission flag that is missing, or does not list an item. */
export function missingGrant(flag: string, item: string): Failure {
  return fail(
    flag,
    "missing_grant",
    `is missing ${item}; start the service with: ${launcherCommand("serve")}`,
  );
}
