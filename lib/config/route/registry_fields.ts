import { failAll, ok } from "../../core/result.ts";
import { optional, type Reader, readFields, required } from "../reader/fields.ts";
import { fromString, readObject } from "../reader/value_readers.ts";
import { parseAuthUser } from "./credential_fields.ts";
import { parseIssuerText } from "./issuer_text.ts";
import { requiredSecret } from "./secret_fields.ts";
import { parseTokenEndpoint } from "./token_endpoint.ts";
import type { RegistryLogin } from "./token_from.ts";

/** Every field of `registry`. */
const REGISTRY_FIELDS = {
  token_url: required(fromString(parseTokenEndpoint)),
  service: required(fromString(parseIssuerText)),
  user: optional(fromString(parseAuthUser), undefined),
  ...requiredSecret("password", "token"),
};

/** Reads the definition of the tokens of a registry of container images. */
export const readRegistryLogin: Reader<RegistryLogin> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, REGISTRY_FIELDS);
  if (!reading.ok) return failAll(reading.problems);
  const { token_url, service, user, password_env, password_file } = reading.values;
  return ok({
    kind: "registry",
    endpoint: token_url,
    service,
    user,
    password: (password_env ?? password_file)!,
  });
};
