/**
 * The key of a Google service account: the JSON file that Google Cloud issues.
 *
 * @module
 */

import { fail, failAll, ok, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { parseJson } from "../reader/json.ts";
import { parsePrivateKey, type PrivateKey } from "./private_key.ts";

/** The members of the file that are used. */
export interface ServiceAccountKey {
  /** The account's address: `name@project.iam.gserviceaccount.com`. */
  readonly clientEmail: string;
  readonly privateKey: PrivateKey;
  readonly privateKeyId: string | undefined;
  /** The URL to which the account's assertions are addressed. */
  readonly tokenUri: string;
}

/** Parses the file. No message quotes any of it. */
export function parseServiceAccountKey(text: string, path: string): Result<ServiceAccountKey> {
  const json = parseJson(text, path);
  if (!json.ok) return json;
  const { value, duplicates } = json.value;
  if (!(value instanceof Map)) return fail(path, "wrong_type", "must be a service account's key in JSON");
  if (duplicates.length > 0) return fail(path, "duplicate_member", "has a member twice");
  if (value.get("type") !== "service_account") {
    return fail(path, "invalid_choice", 'must be a key of the type "service_account"');
  }
  const problems: Problem[] = [];
  const member = (name: string): string => {
    const given = value.get(name);
    if (typeof given === "string" && given !== "") return given;
    problems.push(problem(path, "missing", `has no ${name}`));
    return "";
  };
  const [clientEmail, pem, tokenUri] = [member("client_email"), member("private_key"), member("token_uri")];
  const id = value.get("private_key_id");
  const privateKey = parsePrivateKey(pem, `${path}: private_key`);
  if (pem !== "") problems.push(...problemsOf(privateKey));
  if (!privateKey.ok || problems.length > 0) return failAll(problems);
  return ok({
    clientEmail,
    privateKey: privateKey.value,
    privateKeyId: typeof id === "string" ? id : undefined,
    tokenUri,
  });
}

/** Checks the file. */
export function checkServiceAccountKey(text: string, path: string): readonly Problem[] {
  return problemsOf(parseServiceAccountKey(text, path));
}
