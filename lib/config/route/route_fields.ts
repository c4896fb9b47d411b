import { readCredentialField, readScheme, readTokenVariable, readUser } from "./credential_fields.ts";
import {
  fail,
  ok,
  optional,
  type Reader,
  readFields,
  required,
  requiredUnless,
  type Values,
} from "../reader/fields.ts";
import { checkHeaders, readAddHeaders, readSetHeaders } from "./header_fields.ts";
import { readHost } from "./host_field.ts";
import { readMethods } from "./method_list.ts";
import { readPaths } from "./path_pattern.ts";
import { memberPath } from "../reader/path.ts";
import { readBoolean, readObject, readSeconds } from "../reader/plain_fields.ts";
import type { Problem } from "../../core/result.ts";
import type { RouteConfig } from "./route_config.ts";
import { readTokenFile } from "./token_file.ts";
import { readUpstream } from "./upstream_url.ts";
import { readPrefix } from "./uri_path.ts";

/** Every field that a route may have. A new one is a line here and one in {@linkcode readRoute}. */
const ROUTE_FIELDS = {
  path: requiredUnless(readPrefix, "host"),
  host: optional(readHost, undefined),
  upstream: required(readUpstream),
  auth_scheme: required(readScheme),
  token_env: requiredUnless(readTokenVariable, "token_file"),
  token_file: optional(readTokenFile, undefined),
  auth_header: optional(readCredentialField, "Authorization"),
  auth_user: optional(readUser, undefined),
  set_headers: optional(readSetHeaders, new Map<string, string>()),
  add_headers: optional(readAddHeaders, new Map<string, string>()),
  methods: optional(readMethods, undefined),
  paths: optional(readPaths, undefined),
  cookies: optional(readBoolean, false),
  scrub: optional(readBoolean, true),
  connect_timeout_s: optional(readSeconds, 10_000),
  response_timeout_s: optional(readSeconds, 600_000),
};

/** Reads one entry of the table. */
export const readRoute: Reader<RouteConfig> = (json, place) => {
  const object = readObject(json, place);
  if (!object.ok) return object;
  const reading = readFields(object.value, place, ROUTE_FIELDS);
  // What does not fit together is told even if another field is wrong: all problems at once.
  const problems = [...reading.problems, ...misfits(reading.values, place)];
  if (!reading.ok || problems.length > 0) return { ok: false, problems };
  const values = reading.values;
  return ok({
    path: values.path ?? "/",
    host: values.host,
    upstream: values.upstream,
    authHeader: values.auth_header,
    authScheme: values.auth_scheme,
    authUser: values.auth_user,
    tokenEnv: values.token_env,
    tokenFile: values.token_file,
    setHeaders: values.set_headers,
    addHeaders: values.add_headers,
    methods: values.methods,
    paths: values.paths,
    cookies: values.cookies,
    scrub: values.scrub,
    connectTimeoutMs: values.connect_timeout_s,
    responseTimeoutMs: values.response_timeout_s,
  });
};

/** Fields that are each as they should be, but not together. */
function misfits(values: Partial<Values<typeof ROUTE_FIELDS>>, place: string): readonly Problem[] {
  const problems: Problem[] = [];
  const { auth_scheme: scheme, auth_user: user, auth_header: credential } = values;
  if (user !== undefined && scheme !== undefined && scheme.toLowerCase() !== "basic") {
    problems.push(...fail(`${place}.auth_user`, "goes only with the auth_scheme Basic").problems);
  }
  const { set_headers: set, add_headers: add } = values;
  for (const [field, headers] of Object.entries({ set_headers: set, add_headers: add })) {
    const name = credential?.toLowerCase();
    // `authorization` itself is refused where the headers are read.
    if (name === undefined || !headers?.has(name)) continue;
    const at = memberPath(`${place}.${field}`, name);
    problems.push(...fail(at, "must not be the route's auth_header: the credential goes there").problems);
  }
  if (set !== undefined && add !== undefined) problems.push(...checkHeaders(place, set, add));
  return problems;
}
