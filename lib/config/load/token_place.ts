/**
 * Returns what to do about unset tokens, if the launcher reads variables from a file: which one they belong in. Undefined without a
 * launcher, or if somebody else sets the variables.
 */
export function tokenPlaceText(): string | undefined {
  try {
    const path = Deno.env.get("LAUNCHED_VARIABLES");
    return path === undefined || path === "" ? undefined : `unset tokens belong in ${path}, as NAME=VALUE`;
  } catch (error) {
    // Without permission to read it.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
