import { fail, failAll, ok, type Problem, problem, type Result } from "../../core/result.ts";
import {
  type FieldValues,
  optional,
  optionalUnless,
  type Reader,
  readFields,
  required,
  requiredUnless,
} from "../reader/fields.ts";
import type { JsonObject } from "../reader/json.ts";
import { memberPath } from "../reader/member_path.ts";
import { fromString, readObject } from "../reader/value_readers.ts";
import type { HeaderFields } from "./header_fields.ts";
import { readSecretFile, readVariable } from "./secret_fields.ts";
import type { SignWith } from "./sign_with.ts";
import { parseTokenEndpoint } from "./token_endpoint.ts";
import type { AwsRole, TokenEndpoint } from "./token_from.ts";

/** How requests are signed, and the role whose keys sign them, if they come from one. */
export interface Signing {
  readonly signWith: SignWith;
  readonly role: AwsRole | undefined;
}

/** Parses a region: `us-east-1`, or a name of an S3-compatible store's own such as `auto`. */
function parseRegion(text: string, path: string): Result<string> {
  if (/^[a-z0-9-]{1,32}$/.test(text)) return ok(text);
  return fail(path, "invalid_characters", "must be a region such as us-east-1 (the value is not shown)");
}

/** Parses a service's signing name. */
function parseService(text: string, path: string): Result<string> {
  if (/^[a-z0-9-]{1,32}$/.test(text)) return ok(text);
  const message = "must be the signing name of a service such as s3 or bedrock (the value is not shown)";
  return fail(path, "invalid_characters", message);
}

function parseRoleArn(text: string, path: string): Result<string> {
  if (/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[A-Za-z0-9_+=,.@/-]{1,576}$/.test(text)) return ok(text);
  const message =
    "must be the ARN of a role, such as arn:aws:iam::123456789012:role/agent (the value is not shown)";
  return fail(path, "invalid_characters", message);
}

function parseSessionName(text: string, path: string): Result<string> {
  if (/^[A-Za-z0-9_+=,.@-]{2,64}$/.test(text)) return ok(text);
  return fail(
    path,
    "invalid_characters",
    "must have 2 to 64 letters, digits and _+=,.@- (the value is not shown)",
  );
}

const ROLE = ["role_arn"];

/** Every field of `aws_sigv4`. */
const AWS_FIELDS = {
  region: required(fromString(parseRegion)),
  service: required(fromString(parseService)),
  access_key_id_env: requiredUnless(readVariable("token"), ["access_key_id_file", ...ROLE]),
  access_key_id_file: optionalUnless(readSecretFile("token"), ROLE),
  secret_access_key_env: requiredUnless(readVariable("token"), ["secret_access_key_file", ...ROLE]),
  secret_access_key_file: optionalUnless(readSecretFile("token"), ROLE),
  session_token_env: optionalUnless(readVariable("token"), ["session_token_file", ...ROLE]),
  session_token_file: optionalUnless(readSecretFile("token"), ROLE),
  role_arn: optional(fromString(parseRoleArn), undefined),
  web_identity_token_file: optional(readSecretFile("token"), undefined),
  role_session_name: optional(fromString(parseSessionName), "cred-proxy"),
  sts_endpoint: optional(fromString(parseTokenEndpoint), undefined),
};

type Values = FieldValues<typeof AWS_FIELDS>;

const readAws: Reader<Signing> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, AWS_FIELDS);
  const problems = [...reading.problems, ...checkRole(object.value, path)];
  if (!reading.ok || problems.length > 0) return failAll(problems);
  const { values } = reading;
  const { region, service } = values;
  const role = roleOf(values);
  const accessKeyId = values.access_key_id_env ?? values.access_key_id_file;
  const secretAccessKey = values.secret_access_key_env ?? values.secret_access_key_file;
  const sessionToken = values.session_token_env ?? values.session_token_file;
  const keys = accessKeyId && secretAccessKey && { accessKeyId, secretAccessKey, sessionToken };
  return ok({ signWith: { region, service, keys }, role });
};

/** Checks that a role has its token, and that nothing else has what belongs to a role. */
function checkRole(given: JsonObject, path: string): readonly Problem[] {
  if (given.has("role_arn")) {
    if (given.has("web_identity_token_file")) return [];
    const message = "is missing; role_arn needs it";
    return [problem(`${path}.web_identity_token_file`, "missing", message)];
  }
  return ["web_identity_token_file", "role_session_name", "sts_endpoint"].filter((name) => given.has(name))
    .map((name) => problem(`${path}.${name}`, "conflict", "is only used with role_arn; remove it"));
}

function roleOf({ region, ...values }: Values): AwsRole | undefined {
  const { role_arn: roleArn, web_identity_token_file: webIdentityToken, role_session_name: sessionName } =
    values;
  if (roleArn === undefined || webIdentityToken === undefined) return undefined;
  return {
    kind: "aws_role",
    endpoint: values.sts_endpoint ?? stsEndpoint(region),
    roleArn,
    sessionName,
    webIdentityToken,
  };
}

/** Returns the endpoint of AWS's Security Token Service in a region. */
function stsEndpoint(region: string): TokenEndpoint {
  const host = `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return {
    upstream: { scheme: "https", host, port: 443, authority: host, base: "" },
    target: "/",
    url: `https://${host}/`,
  };
}

/** The fields that only a signature sets, or that say how a client's own was made. */
const SIGNATURE_FIELDS = ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "date"];

/** Checks the fields of a route that have to do with signing, in combination. */
export function checkSigning(
  given: JsonObject,
  { set_headers: set, add_headers: add }: { set_headers?: HeaderFields; add_headers?: HeaderFields },
  path: string,
): readonly Problem[] {
  if (!given.has("sign_with")) {
    if (!given.has("sign_body_limit_mb")) return [];
    return [problem(`${path}.sign_body_limit_mb`, "conflict", "is only used with sign_with; remove it")];
  }
  return Object.entries({ set_headers: set, add_headers: add }).flatMap(([field, headers]) =>
    SIGNATURE_FIELDS.filter((name) => headers?.has(name)).map((name) =>
      problem(memberPath(`${path}.${field}`, name), "conflict", "is a part of the signature; remove it")
    )
  );
}

/** Reads `sign_with`. */
export const readSignWith: Reader<Signing> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, { aws_sigv4: required(readAws) });
  return reading.ok ? ok(reading.values.aws_sigv4) : reading;
};
