import { isPlainName } from "./plain_name.ts";

/**
 * Returns the path of an object's member: `routes[0].path`, `routes[0].set_headers["x-team"]`. A name that may be a
 * misplaced secret is not shown.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(memberPath("routes[0]", "path"), "routes[0].path");
 * assertEquals(memberPath("", "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4"), "[name not shown]");
 * ```
 */
export function memberPath(object: string, name: string): string {
  if (!isPlainName(name)) return `${object}[name not shown]`;
  if (name.includes("-")) return `${object}["${name}"]`;
  return object === "" ? name : `${object}.${name}`;
}
