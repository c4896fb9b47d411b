import type { Result } from "../../core/result.ts";
import { parseJson } from "../reader/json.ts";
import { readTable } from "./read_table.ts";
import type { RouteTable } from "./route_config.ts";
import * as parts from "./table_parts.ts";

/**
 * Parses a route table.
 *
 * Reports all problems at once, each with its path and without any value that may be a secret.
 *
 * @param name What to call the table as a whole in problems: its file.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const result = parseRoutes(`{ "routes": [{
 *   "path": "/gh/", "upstream": "https://api.github.com", "auth_scheme": "Bearer", "token_env": "GH_TOKEN", "paht": 1
 * }] }`);
 * assertEquals(result, {
 *   ok: false,
 *   problems: [{ path: "routes[0].paht", code: "unknown_field", message: "unknown field; did you mean path?" }],
 * });
 * ```
 */
export function parseRoutes(text: string, name = "the route table"): Result<RouteTable> {
  const parsed = parseJson(text, name);
  return parsed.ok ? readTable(parsed.value, name, parts) : parsed;
}
