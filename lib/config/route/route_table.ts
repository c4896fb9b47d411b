import { readTokenVariable } from "./credential_fields.ts";
import {
  fail,
  kindOf,
  ok,
  optional,
  type Reader,
  readFields,
  required,
  type Values,
} from "../reader/fields.ts";
import { parseJson } from "../reader/json.ts";
import { readObject, readString } from "../reader/plain_fields.ts";
import type { Problem, Result } from "../../core/result.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";
import { readRoute } from "./route_fields.ts";

/** The place of a problem with the text as a whole. */
const WHOLE = "the route table";

/** Reads the array of routes. */
const readRoutes: Reader<readonly RouteConfig[]> = (json, place) => {
  if (!Array.isArray(json)) return fail(place, `must be an array, got ${kindOf(json)}`);
  if (json.length === 0) return fail(place, "must hold at least one route");
  const judged = json.map((item, index) => readRoute(item, `${place}[${index}]`));
  const problems: Problem[] = judged.flatMap((each) => each.ok ? [] : each.problems);
  problems.push(...same("path", json, place), ...same("host", json, place));
  return problems.length === 0
    ? ok(judged.flatMap((each) => each.ok ? [each.value] : []))
    : { ok: false, problems };
};

/** Every field of the table itself. */
const TABLE_FIELDS = {
  $schema: optional(readString, undefined),
  client_token_env: optional(readTokenVariable, undefined),
  routes: required(readRoutes),
};

/**
 * Judge the text of a route table.
 *
 * All problems are told at once, each with its place, and none of them with a value that could be a secret. A table
 * that passes needs no further check.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const judged = parseRoutes(`{ "routes": [{
 *   "path": "/gh/", "upstream": "https://api.github.com", "auth_scheme": "Bearer", "token_env": "GH_TOKEN", "paht": 1
 * }] }`);
 * assertEquals(judged, {
 *   ok: false,
 *   problems: [{ path: "routes[0].paht", message: "unknown field; did you mean path?" }],
 * });
 * ```
 */
export function parseRoutes(text: string): Result<RouteTable> {
  const parsed = parseJson(text, WHOLE);
  if (!parsed.ok) return parsed;
  const { value, duplicates } = parsed.value;
  const object = readObject(value, WHOLE);
  if (!object.ok) return object;
  const reading = readFields(object.value, "", TABLE_FIELDS);
  const problems = [...duplicates, ...reading.problems, ...sharedToken(reading.values)];
  if (!reading.ok || problems.length > 0) return { ok: false, problems };
  const { routes, client_token_env: clientTokenEnv } = reading.values;
  return ok({ routes: inOrder(routes), clientTokenEnv });
}

/** The agent holds the client token: one that is a route's as well would be no secret. */
function sharedToken(values: Partial<Values<typeof TABLE_FIELDS>>): readonly Problem[] {
  const { client_token_env: variable, routes } = values;
  if (variable === undefined || !routes?.some(({ tokenEnv }) => tokenEnv === variable)) return [];
  return fail("client_token_env", "must not be a route's token_env: the agent holds the client token")
    .problems;
}

/** Two routes with one prefix or host: the second would never be asked. Told of routes with other problems too. */
function same(field: "path" | "host", items: readonly unknown[], place: string): readonly Problem[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const given = item instanceof Map ? item.get(field) : undefined;
    if (typeof given !== "string") return [];
    const value = field === "host" ? given.toLowerCase() : given;
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, index);
      return [];
    }
    return fail(`${place}[${index}].${field}`, `the same as ${place}[${earlier}].${field}`).problems;
  });
}

/** Hosts, then the longest prefix first, so that the first that matches is the right one. */
function inOrder(routes: readonly RouteConfig[]): readonly RouteConfig[] {
  const length = ({ host, path }: RouteConfig) => host === undefined ? path.length : Infinity;
  return routes.toSorted((left, right) => length(left) === length(right) ? 0 : length(right) - length(left));
}
