import {
  fail,
  failAll,
  ok,
  okUnless,
  type Problem,
  problem,
  problemsOf,
  type Result,
} from "../../core/result.ts";
import { type FieldValues, optional, type Reader, readFields, required } from "../reader/fields.ts";
import { kindOf, parseJson } from "../reader/json.ts";
import { fromString, readObject, readString } from "../reader/value_readers.ts";
import { readClients } from "./client_fields.ts";
import { checkClients } from "./client_relations.ts";
import { parseTokenVariable } from "./credential_fields.ts";
import { readIssuers } from "./issuer_fields.ts";
import { linkClients } from "./link_clients.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";
import { readRoute } from "./route_fields.ts";
import type { SecretRef } from "./secret_ref.ts";
import { secretRefs } from "./token.ts";

/** Reads the array of routes. */
const readRoutes: Reader<readonly RouteConfig[]> = (json, path) => {
  if (!Array.isArray(json)) return fail(path, "wrong_type", `must be an array, got ${kindOf(json)}`);
  if (json.length === 0) return fail(path, "empty", "must contain at least one route");
  const results = json.map((item, index) => readRoute(item, `${path}[${index}]`));
  const problems = [
    ...results.flatMap(problemsOf),
    ...checkUnique(json, "path", path),
    ...checkUnique(json, "host", path),
  ];
  return okUnless(problems, results.flatMap((result) => result.ok ? [result.value] : []));
};

/** Every field of the table itself. */
const TABLE_FIELDS = {
  $schema: optional(readString, undefined),
  client_token_env: optional(fromString(parseTokenVariable), undefined),
  clients: optional(readClients, undefined),
  issuers: optional(readIssuers, undefined),
  routes: required(readRoutes),
};

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
  if (!parsed.ok) return parsed;
  const { value, duplicates } = parsed.value;
  const object = readObject(value, name);
  if (!object.ok) return object;
  const reading = readFields(object.value, "", TABLE_FIELDS);
  const problems = [
    ...duplicates,
    ...reading.problems,
    ...checkTokenShared(reading.values),
    ...checkClients(object.value),
  ];
  if (!reading.ok || problems.length > 0) return failAll(problems);
  const { routes, client_token_env: clientTokenEnv, clients = [], issuers = [] } = reading.values;
  return ok({
    routes: inOrder(routes),
    clientTokenEnv,
    clients: linkClients(clients, routes, issuers),
    issuers,
  });
}

/** Checks that no route uses the client token, which the client knows and which would thus be no secret. */
function checkTokenShared(values: Partial<FieldValues<typeof TABLE_FIELDS>>): readonly Problem[] {
  const { client_token_env: variable, routes } = values;
  const isVariable = (ref: SecretRef) => ref.from === "variable" && ref.name === variable;
  if (variable === undefined || !routes?.some((route) => secretRefs(route).some(isVariable))) return [];
  const message = "must not be a secret of a route, since clients know the client token";
  return [problem("client_token_env", "conflict", message)];
}

/** Checks that prefixes or hosts are unique: a second route would never match. Includes routes with other problems. */
function checkUnique(items: readonly unknown[], field: "path" | "host", path: string): readonly Problem[] {
  const firstIndexes = new Map<string, number>();
  return items.flatMap((item, index) => {
    const given = item instanceof Map ? item.get(field) : undefined;
    if (typeof given !== "string") return [];
    const value = field === "host" ? given.toLowerCase() : given;
    const first = firstIndexes.get(value);
    if (first === undefined) {
      firstIndexes.set(value, index);
      return [];
    }
    return [
      problem(`${path}[${index}].${field}`, "duplicate_route", `is the same as ${path}[${first}].${field}`),
    ];
  });
}

/** Sorts routes: first those that match a host, then the others by descending length of their prefix. */
function inOrder(routes: readonly RouteConfig[]): readonly RouteConfig[] {
  const length = ({ host, path }: RouteConfig) => host === undefined ? path.length : Infinity;
  return routes.toSorted((left, right) => length(left) === length(right) ? 0 : length(right) - length(left));
}
