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
import { type Json, type JsonText, kindOf } from "../reader/json.ts";
import { fromString, readObject, readString } from "../reader/value_readers.ts";
import { parseTokenVariable } from "./credential_fields.ts";
import type { RouteConfig, RouteTable } from "./route_config.ts";
import { readRoute, routeFields, unloaded } from "./route_fields.ts";
import type { SecretRef } from "./secret_ref.ts";
import { secretRefs } from "./token.ts";

/** What reads the fields that most tables do not have. */
type TableParts = typeof import("./table_parts.ts");

/** Returns what reads the array of routes. */
const routesReader = (parts: TableParts | undefined): Reader<readonly RouteConfig[]> => (json, path) => {
  if (!Array.isArray(json)) return fail(path, "wrong_type", `must be an array, got ${kindOf(json)}`);
  if (json.length === 0) return fail(path, "empty", "must contain at least one route");
  const fields = routeFields(parts);
  const results = json.map((item, index) => readRoute(item, { path: `${path}[${index}]`, fields, parts }));
  const problems = [
    ...results.flatMap(problemsOf),
    ...checkUnique(json, "path", path),
    ...checkUnique(json, "host", path),
  ];
  return okUnless(problems, results.flatMap((result) => result.ok ? [result.value] : []));
};

/** Every field of the table itself. */
const tableFields = (parts: TableParts | undefined) => ({
  $schema: optional(readString, undefined),
  client_token_env: optional(fromString(parseTokenVariable), undefined),
  clients: optional(parts?.readClients ?? unloaded, undefined),
  issuers: optional(parts?.readIssuers ?? unloaded, undefined),
  routes: required(routesReader(parts)),
});

/** Reports whether a table has any of the fields that `table_parts.ts` reads. */
export function needsParts({ value }: JsonText): boolean {
  if (!(value instanceof Map)) return false;
  const routes = value.get("routes");
  return TABLE_PARTS.some((name) => value.has(name)) ||
    (Array.isArray(routes) && routes.some(hasPart));
}

const TABLE_PARTS = ["clients", "issuers"];
const ROUTE_PARTS = ["token_from", "sign_with", "sign_body_limit_mb"];

function hasPart(route: Json): boolean {
  return route instanceof Map && ROUTE_PARTS.some((name) => route.has(name));
}

/**
 * Reads a route table. Reports all problems at once, each with its path and without any value that may be a secret.
 *
 * @param name What to call the table as a whole in problems: its file.
 * @param parts What reads what most tables do not have; may be undefined if the table does not need it.
 */
export function readTable(
  { value, duplicates }: JsonText,
  name: string,
  parts: TableParts | undefined,
): Result<RouteTable> {
  const object = readObject(value, name);
  if (!object.ok) return object;
  const reading = readFields(object.value, "", tableFields(parts));
  const problems = [
    ...duplicates,
    ...reading.problems,
    ...checkTokenShared(reading.values),
    ...parts?.checkClients(object.value) ?? [],
  ];
  if (!reading.ok || problems.length > 0) return failAll(problems);
  const { routes, client_token_env: clientTokenEnv, clients, issuers = [] } = reading.values;
  return ok({
    routes: inOrder(routes),
    clientTokenEnv,
    clients: clients === undefined || parts === undefined ? [] : parts.linkClients(clients, routes, issuers),
    issuers,
  });
}

/** Checks that no route uses the client token, which the client knows and which would thus be no secret. */
function checkTokenShared(values: Partial<FieldValues<ReturnType<typeof tableFields>>>): readonly Problem[] {
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
