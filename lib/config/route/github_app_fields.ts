import { fail, failAll, ok, okUnless, type Problem, problemsOf, type Result } from "../../core/result.ts";
import { optional, type Reader, readFields, required } from "../reader/fields.ts";
import { kindOf } from "../reader/json.ts";
import { memberPath } from "../reader/member_path.ts";
import { choiceOf, fromString, listOf, readObject } from "../reader/value_readers.ts";
import { requiredSecret } from "./secret_fields.ts";
import { parseTokenEndpoint } from "./token_endpoint.ts";
import type { GitHubApp, TokenEndpoint } from "./token_from.ts";

/** Reads a number that identifies something at GitHub, as a number or as text. */
const readNumber: Reader<string> = (json, path) => {
  const text = typeof json === "number" ? String(json) : json;
  if (typeof text !== "string") {
    return fail(path, "wrong_type", `must be a number or a string, got ${kindOf(json)}`);
  }
  if (/^[1-9]\d{0,14}$/.test(text)) return ok(text);
  return fail(path, "invalid_number", "must be a whole number (the value is not shown)");
};

/** Reads an app's number, or its client ID, which GitHub accepts as well. */
const readAppId: Reader<string> = (json, path) => {
  if (typeof json === "string" && /^Iv[0-9A-Za-z.]{1,62}$/.test(json)) return ok(json);
  return readNumber(json, path);
};

function parseRepository(text: string, path: string): Result<string> {
  if (/^[A-Za-z0-9._-]{1,100}$/.test(text)) return ok(text);
  return fail(path, "invalid_characters", "must be the name of a repository, without its owner");
}

const readLevel = choiceOf(["read", "write", "admin"]);

const readPermissions: Reader<ReadonlyMap<string, string>> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  if (object.value.size === 0) return fail(path, "empty", "must contain at least one permission");
  const levels = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, value] of object.value) {
    const memberOf = memberPath(path, name);
    const level = /^[a-z][a-z_]{0,63}$/.test(name)
      ? readLevel(value, memberOf)
      : fail(memberOf, "invalid_characters", "must be the name of a permission, such as contents");
    if (level.ok) levels.set(name, level.value);
    problems.push(...problemsOf(level));
  }
  return okUnless(problems, levels);
};

const API: TokenEndpoint = {
  upstream: { scheme: "https", host: "api.github.com", port: 443, authority: "api.github.com", base: "" },
  target: "/",
  url: "https://api.github.com",
};

/** Every field of `github_app`. */
const GITHUB_APP_FIELDS = {
  app_id: required(readAppId),
  installation_id: required(readNumber),
  ...requiredSecret("private_key", "private_key"),
  repositories: optional(listOf("repository", parseRepository), undefined),
  permissions: optional(readPermissions, undefined),
  api: optional(fromString(parseTokenEndpoint), API),
};

/** Reads the definition of a GitHub App's installation token. */
export const readGitHubApp: Reader<GitHubApp> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, GITHUB_APP_FIELDS);
  if (!reading.ok) return failAll(reading.problems);
  const { values } = reading;
  return ok({
    kind: "github_app",
    endpoint: values.api,
    appId: values.app_id,
    installationId: values.installation_id,
    privateKey: (values.private_key_env ?? values.private_key_file)!,
    repositories: values.repositories,
    permissions: values.permissions,
  });
};
