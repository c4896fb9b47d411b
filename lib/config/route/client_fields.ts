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
import {
  type FieldValues,
  optional,
  optionalUnless,
  type Reader,
  readFields,
  required,
} from "../reader/fields.ts";
import { kindOf } from "../reader/json.ts";
import { fromString, listOf, readItems, readObject } from "../reader/value_readers.ts";
import { parseClaim, parseClientName, parseTime, readTokenHashes } from "./client_values.ts";
import { LIMIT_FIELDS } from "./limit_fields.ts";
import { parseTokenVariable } from "./credential_fields.ts";
import { parseMethod } from "./method.ts";
import { parsePattern } from "./path_pattern.ts";
import { parseSubject } from "./subject.ts";
import { parseTokenFilePath } from "./token_file.ts";
import { readTokenFrom } from "./token_from_fields.ts";

/** What a client may change in a route, for itself. */
const OVERRIDE_FIELDS = {
  methods: optional(listOf("method", parseMethod), undefined),
  paths: optional(listOf("pattern", parsePattern), undefined),
  token_env: optionalUnless(fromString(parseTokenVariable), ["token_file", "token_from"]),
  token_file: optionalUnless(fromString(parseTokenFilePath), ["token_from"]),
  token_from: optionalUnless(readTokenFrom, []),
};

/** What a client changes in a route. */
export type RouteOverride = FieldValues<typeof OVERRIDE_FIELDS>;

const NO_OVERRIDE: RouteOverride = {
  methods: undefined,
  paths: undefined,
  token_env: undefined,
  token_file: undefined,
  token_from: undefined,
};

/** The routes that a client may use, by name as the table spells it, and what it changes in them; `*`: all as they are. */
export type RouteUse = "*" | ReadonlyMap<string, RouteOverride>;

const readOverride: Reader<RouteOverride> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, OVERRIDE_FIELDS);
  return reading.ok ? ok(reading.values) : failAll(reading.problems);
};

const readRouteNames = listOf("route", (text): Result<string> => ok(text));

const readRouteUse: Reader<RouteUse> = (json, path) => {
  if (json === "*") return ok(json);
  if (Array.isArray(json)) {
    const names = readRouteNames(json, path);
    return names.ok ? ok(new Map(names.value.map((name) => [name, NO_OVERRIDE]))) : names;
  }
  if (!(json instanceof Map)) {
    return fail(path, "wrong_type", `must be "*", an array of routes or an object, got ${kindOf(json)}`);
  }
  if (json.size === 0) return fail(path, "empty", "must contain at least one route");
  const results = [...json].map(([name, each]) =>
    [name, readOverride(each, routeMember(path, name))] as const
  );
  return okUnless(
    results.flatMap(([, result]) => problemsOf(result)),
    new Map(results.flatMap(([name, result]) => result.ok ? [[name, result.value]] : [])),
  );
};

/** Returns the path of a client's use of a route: `clients[0].routes["/gh/"]`. A name that may be a secret is not shown. */
export function routeMember(path: string, name: string): string {
  const isPlain = /^[\w./-]{1,64}$/.test(name) && !/[^._/-]{16}/.test(name);
  return `${path}[${isPlain ? JSON.stringify(name) : "name not shown"}]`;
}

/** Every field of a client. */
const CLIENT_FIELDS = {
  name: required(fromString(parseClientName)),
  token_sha256: optional(readTokenHashes, undefined),
  token_env: optional(fromString(parseTokenVariable), undefined),
  token_file: optional(fromString(parseTokenFilePath), undefined),
  subject: optional(fromString(parseSubject), undefined),
  issuer: optional(fromString(parseClaim), undefined),
  routes: required(readRouteUse),
  expires: optional(fromString(parseTime), undefined),
  ...LIMIT_FIELDS,
};

/** The fields by which a client proves who it is; each has exactly one. */
const PROOFS = ["token_sha256", "token_env", "token_file", "subject"] as const;

/** A client as the table has it, whose routes and issuer have not been looked up. */
export type ClientDraft = FieldValues<typeof CLIENT_FIELDS>;

const readClient: Reader<ClientDraft> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, CLIENT_FIELDS);
  const problems = [...reading.problems, ...checkProof((field) => object.value.has(field), path)];
  return reading.ok ? okUnless(problems, reading.values) : failAll(problems);
};

function checkProof(has: (field: string) => boolean, path: string): readonly Problem[] {
  const [first, ...others] = PROOFS.filter(has);
  if (first === undefined) return [problem(path, "missing", `must have one of ${PROOFS.join(", ")}`)];
  const problems = others.map((field) =>
    problem(`${path}.${field}`, "exclusive_fields", `can't be combined with ${first}; remove one of them`)
  );
  if (has("issuer") && !has("subject")) {
    problems.push(problem(`${path}.issuer`, "requires_subject", "requires a subject"));
  }
  return problems;
}

/** Reads the table's clients. */
export const readClients: Reader<readonly ClientDraft[]> = (json, path) =>
  readItems(json, path, { noun: "client", read: readClient });
