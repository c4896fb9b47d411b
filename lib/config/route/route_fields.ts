import { failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";
import {
  alsoCalled,
  type FieldValues,
  optional,
  optionalUnless,
  type Reader,
  readFields,
  required,
  requiredUnless,
} from "../reader/fields.ts";
import type { Json } from "../reader/json.ts";
import { memberPath } from "../reader/member_path.ts";
import {
  fromString,
  listOf,
  MEBIBYTE,
  readBoolean,
  readMebibytes,
  readObject,
  readSeconds,
  readTrue,
} from "../reader/value_readers.ts";
import { LIMIT_FIELDS, limitsOf } from "./limit_fields.ts";
import {
  parseAuthQuery,
  parseAuthScheme,
  parseAuthUser,
  parseCredentialField,
  parseTokenVariable,
} from "./credential_fields.ts";
import { checkDroppedNames, parseDroppedField, parseKeptField, parseParameter } from "./dropped_names.ts";
import { checkHeaders, readAddHeaders, readSetHeaders } from "./header_fields.ts";
import { parseMethod } from "./method.ts";
import { parsePattern } from "./path_pattern.ts";
import { checkPlacement } from "./placement.ts";
import type { RouteConfig } from "./route_config.ts";
import { parseRouteHost } from "./route_host.ts";
import { parseTokenFilePath } from "./token_file.ts";
import { parseUpstream } from "./upstream_url.ts";
import { parsePrefix } from "./uri_path.ts";

/** What reads the fields that few routes have, as far as a table needs it. */
type RouteParts = Pick<typeof import("./table_parts.ts"), "readTokenFrom" | "readSignWith" | "checkSigning">;

/** Stands for what reads a field that the table does not have, and was not loaded. */
export const unloaded: Reader<undefined> = (_, path) => {
  throw new Error(`What reads ${path} has not been loaded`);
};

/** Returns every field of a route. A new field needs a line here and one in {@linkcode readRoute}. */
export const routeFields = (parts: RouteParts | undefined) => ({
  path: alsoCalled(requiredUnless(fromString(parsePrefix), ["host"]), "prefix", "route", "from", "location"),
  host: optional(fromString(parseRouteHost), undefined),
  upstream: alsoCalled(
    required(fromString(parseUpstream)),
    ...["url", "target", "base_url", "to", "endpoint", "proxy_pass", "destination"],
  ),
  // Required where the token is sent in a field: checkPlacement().
  auth_scheme: alsoCalled(optional(fromString(parseAuthScheme), ""), "auth", "scheme", "auth_type", "type"),
  token_env: alsoCalled(
    requiredUnless(fromString(parseTokenVariable), ["token_file", "token_from", "sign_with", "anonymous"]),
    ...["token", "key", "secret", "api_key", "env", "credential", "password"],
  ),
  token_file: optionalUnless(fromString(parseTokenFilePath), ["token_from", "sign_with", "anonymous"]),
  token_from: optionalUnless(parts?.readTokenFrom ?? unloaded, ["sign_with", "anonymous"]),
  sign_with: optionalUnless(parts?.readSignWith ?? unloaded, ["anonymous"]),
  anonymous: optionalUnless(readTrue, []),
  sign_body_limit_mb: optional(readMebibytes, 32 * MEBIBYTE),
  auth_header: alsoCalled(
    optional(fromString(parseCredentialField), "Authorization"),
    ...["header", "auth_field", "header_name"],
  ),
  auth_query: optional(fromString(parseAuthQuery), undefined),
  auth_user: alsoCalled(optional(fromString(parseAuthUser), undefined), "user", "username", "login"),
  set_headers: alsoCalled(optional(readSetHeaders, new Map<string, string>()), "headers"),
  add_headers: optional(readAddHeaders, new Map<string, string>()),
  drop_headers: optional(listOf("field name", parseDroppedField), []),
  keep_headers: optional(listOf("field name", parseKeptField), []),
  drop_query: optional(listOf("parameter", parseParameter), []),
  keep_query: optional(listOf("parameter", parseParameter), []),
  methods: optional(listOf("method", parseMethod), undefined),
  paths: optional(listOf("pattern", parsePattern), undefined),
  browsers: optional(readBoolean, false),
  ...LIMIT_FIELDS,
  cookies: optional(readBoolean, false),
  scrub: optional(readBoolean, true),
  websocket: optional(readBoolean, true),
  websocket_ping_s: optional(readSeconds, 30_000),
  connect_timeout_s: optional(readSeconds, 10_000),
  response_timeout_s: alsoCalled(optional(readSeconds, 600_000), "timeout", "timeout_s", "timeout_ms"),
});

type RouteFields = ReturnType<typeof routeFields>;

/** What a route is read with. */
export interface ReadRouteOptions {
  /** The path of its problems. */
  readonly path: string;
  /** What {@linkcode routeFields} returned. */
  readonly fields: RouteFields;
  readonly parts: RouteParts | undefined;
}

/** Reads one route of the table. */
export function readRoute(json: Json, { path, fields, parts }: ReadRouteOptions): Result<RouteConfig> {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, fields);
  // Conflicts are reported even if other fields are invalid, so that all problems are reported at once.
  const problems = [
    ...reading.problems,
    ...checkPlacement(object.value, path),
    ...checkTogether(reading.values, path),
    ...parts?.checkSigning(object.value, reading.values, path) ?? [],
  ];
  if (!reading.ok || problems.length > 0) return failAll(problems);
  const { values } = reading;
  return ok({
    path: values.path ?? "/",
    host: values.host,
    upstream: values.upstream,
    authHeader: values.auth_header,
    authScheme: values.auth_scheme,
    authUser: values.auth_user,
    authQuery: values.auth_query,
    tokenEnv: values.token_env,
    tokenFile: values.token_file,
    tokenFrom: values.token_from ?? values.sign_with?.role,
    signWith: values.sign_with?.signWith,
    anonymous: values.anonymous === true,
    signBodyLimit: values.sign_body_limit_mb,
    setHeaders: values.set_headers,
    addHeaders: values.add_headers,
    dropHeaders: new Set(values.drop_headers),
    keepHeaders: new Set(values.keep_headers),
    dropQuery: new Set(values.drop_query),
    keepQuery: new Set(values.keep_query),
    methods: values.methods && new Set(values.methods),
    paths: values.paths,
    browsers: values.browsers,
    limits: limitsOf(values),
    cookies: values.cookies,
    scrub: values.scrub,
    websocket: values.websocket,
    websocketPingMs: values.websocket_ping_s,
    connectTimeoutMs: values.connect_timeout_s,
    responseTimeoutMs: values.response_timeout_s,
  });
}

/** Checks combinations of fields, each of which is valid by itself. */
function checkTogether(values: Partial<FieldValues<RouteFields>>, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const { auth_scheme: scheme, auth_user: user, auth_header: credential } = values;
  if (user !== undefined && scheme !== undefined && scheme.toLowerCase() !== "basic") {
    problems.push(problem(`${path}.auth_user`, "requires_basic", "requires the auth_scheme Basic"));
  }
  const { set_headers: set, add_headers: add } = values;
  for (const [field, headers] of Object.entries({ set_headers: set, add_headers: add })) {
    const name = credential?.toLowerCase();
    // `authorization` was rejected when the headers were read.
    if (name === undefined || !headers?.has(name)) continue;
    const message = "must not be the route's auth_header, which carries the credential";
    problems.push(problem(memberPath(`${path}.${field}`, name), "conflict", message));
  }
  if (set !== undefined && add !== undefined) problems.push(...checkHeaders(set, add, path));
  problems.push(...checkDroppedNames(values, path));
  return problems;
}
