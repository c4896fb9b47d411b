import { fail, failAll, ok, okUnless, type Problem, problem, type Result } from "../../core/result.ts";
import {
  type FieldValues,
  optional,
  optionalUnless,
  type Reader,
  readFields,
  required,
} from "../reader/fields.ts";
import { memberPath } from "../reader/member_path.ts";
import { choiceOf, fromString, readObject } from "../reader/value_readers.ts";
import { parseIssuerText } from "./issuer_text.ts";
import { optionalSecret, readSecretFile } from "./secret_fields.ts";
import { parseTokenEndpoint } from "./token_endpoint.ts";
import type { ClientProof, OAuth2, OAuth2Grant } from "./token_from.ts";

/** The grants, and the fields that each uses besides those that all use. */
const GRANTS = {
  client_credentials: [],
  refresh_token: ["refresh_token_env", "refresh_token_file"],
  jwt_bearer: ["subject_token_file", "private_key_env", "private_key_file", "key_id", "subject"],
  token_exchange: ["subject_token_file"],
} as const;

type GrantType = keyof typeof GRANTS;

const GRANT_TYPES = Object.keys(GRANTS) as GrantType[];

/** The parameters that have fields of their own, or that a grant sets. */
const RESERVED: ReadonlySet<string> = new Set([
  "grant_type",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
  "refresh_token",
  "assertion",
  "subject_token",
  "scope",
  "audience",
]);

/** Reads `parameters`. */
const readParameters: Reader<ReadonlyMap<string, string>> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, value] of object.value) {
    const result = readParameter(name, fromString(parseIssuerText)(value, memberPath(path, name)), path);
    if (result.ok) values.set(name, result.value);
    else problems.push(...result.problems);
  }
  return okUnless(problems, values);
};

function readParameter(name: string, value: Result<string>, path: string): Result<string> {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    return fail(memberPath(path, name), "invalid_characters", "must be the name of a parameter");
  }
  if (RESERVED.has(name)) {
    return fail(memberPath(path, name), "conflict", "has a field of its own; it can't be a parameter");
  }
  return value;
}

/** Every field of `oauth2`. */
const OAUTH2_FIELDS = {
  token_url: required(fromString(parseTokenEndpoint)),
  grant: required(choiceOf(GRANT_TYPES)),
  client_id: optional(fromString(parseIssuerText), undefined),
  ...optionalSecret("client_secret", "token"),
  client_auth: optional(choiceOf(["basic", "body"] as const), "basic" as const),
  client_assertion_file: optionalUnless(readSecretFile("token"), ["client_secret_env", "client_secret_file"]),
  ...optionalSecret("refresh_token", "token"),
  subject_token_file: optionalUnless(readSecretFile("token"), ["private_key_env", "private_key_file"]),
  ...optionalSecret("private_key", "private_key"),
  key_id: optional(fromString(parseIssuerText), undefined),
  subject: optional(fromString(parseIssuerText), undefined),
  scope: optional(fromString(parseIssuerText), undefined),
  audience: optional(fromString(parseIssuerText), undefined),
  parameters: optional(readParameters, new Map<string, string>()),
  body_format: optional(choiceOf(["form", "json"] as const), "form" as const),
};

type Values = FieldValues<typeof OAUTH2_FIELDS>;

/** Reads the definition of a token from an OAuth 2.0 token endpoint. */
export const readOAuth2: Reader<OAuth2> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, OAUTH2_FIELDS);
  const { grant: type } = reading.values;
  const problems = [
    ...reading.problems,
    ...(type === undefined ? [] : checkGrant(type, new Set(object.value.keys()), path)),
  ];
  if (!reading.ok || problems.length > 0) return failAll(problems);
  const { values } = reading;
  return ok({
    kind: "oauth2",
    endpoint: values.token_url,
    grant: grantOf(values),
    clientId: values.client_id,
    clientProof: proofOf(values),
    scope: values.scope,
    // A signed assertion is addressed to it instead.
    audience: values.grant === "jwt_bearer" ? undefined : values.audience,
    parameters: values.parameters,
    bodyFormat: values.body_format,
  });
};

/** Checks that the fields are those that the grant uses. */
function checkGrant(grant: GrantType, given: ReadonlySet<string>, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const needs = (...names: readonly string[]) => {
    if (names.some((name) => given.has(name))) return;
    problems.push(
      problem(
        memberPath(path, names[0]!),
        "missing",
        `is missing; the grant ${grant} needs ${either(names)}`,
      ),
    );
  };
  const others = GRANT_TYPES.filter((each) => each !== grant).flatMap((each) =>
    GRANTS[each] as readonly string[]
  );
  for (const name of new Set(others)) {
    if (!given.has(name) || (GRANTS[grant] as readonly string[]).includes(name)) continue;
    problems.push(
      problem(memberPath(path, name), "conflict", `is not used by the grant ${grant}; remove it`),
    );
  }
  const signs = given.has("private_key_env") || given.has("private_key_file");
  switch (grant) {
    case "client_credentials":
      needs("client_id");
      needs("client_secret_env", "client_secret_file", "client_assertion_file");
      break;
    case "refresh_token":
      needs("client_id");
      needs("refresh_token_env", "refresh_token_file");
      break;
    case "jwt_bearer":
      needs("subject_token_file", "private_key_env", "private_key_file");
      if (signs) {
        needs("client_id");
        needs("subject");
      }
      break;
    case "token_exchange":
      needs("subject_token_file");
      break;
  }
  return problems;
}

function either(names: readonly string[]): string {
  return names.length === 1 ? "it" : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function grantOf(values: Values): OAuth2Grant {
  const assertion = values.subject_token_file;
  switch (values.grant) {
    case "client_credentials":
      return { type: values.grant };
    case "refresh_token":
      return { type: values.grant, refreshToken: (values.refresh_token_env ?? values.refresh_token_file)! };
    case "token_exchange":
      return { type: values.grant, subjectToken: assertion! };
    case "jwt_bearer":
      if (assertion !== undefined) return { type: values.grant, assertion };
      return {
        type: values.grant,
        signer: {
          privateKey: (values.private_key_env ?? values.private_key_file)!,
          keyId: values.key_id,
          issuer: values.client_id!,
          subject: values.subject!,
          audience: values.audience ?? values.token_url.url,
        },
      };
  }
}

function proofOf(values: Values): ClientProof | undefined {
  const secret = values.client_secret_env ?? values.client_secret_file;
  if (secret !== undefined) return { kind: "secret", secret, method: values.client_auth };
  const assertion = values.client_assertion_file;
  return assertion && { kind: "assertion", assertion };
}
