import { failAll, ok } from "../../core/result.ts";
import { optional, optionalUnless, type Reader, readFields, requiredUnless } from "../reader/fields.ts";
import { fromString, listOf, readObject } from "../reader/value_readers.ts";
import { parseIssuerText, parseScope } from "./issuer_text.ts";
import { requiredSecret } from "./secret_fields.ts";
import { parseTokenEndpoint } from "./token_endpoint.ts";
import type { GoogleServiceAccount, TokenEndpoint } from "./token_from.ts";

const TOKEN_URL: TokenEndpoint = {
  upstream: {
    scheme: "https",
    host: "oauth2.googleapis.com",
    port: 443,
    authority: "oauth2.googleapis.com",
    base: "/token",
  },
  target: "/token",
  url: "https://oauth2.googleapis.com/token",
};

/** Every field of `google_service_account`. */
const GOOGLE_FIELDS = {
  ...requiredSecret("key", "service_account"),
  scopes: requiredUnless(listOf("scope", parseScope), ["audience"]),
  audience: optionalUnless(fromString(parseIssuerText), []),
  subject: optional(fromString(parseIssuerText), undefined),
  token_url: optional(fromString(parseTokenEndpoint), TOKEN_URL),
};

/** Reads the definition of a Google service account's token. */
export const readServiceAccount: Reader<GoogleServiceAccount> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, GOOGLE_FIELDS);
  if (!reading.ok) return failAll(reading.problems);
  const { key_env, key_file, scopes, audience, subject, token_url } = reading.values;
  return ok({
    kind: "google_service_account",
    endpoint: token_url,
    key: (key_env ?? key_file)!,
    purpose: scopes === undefined ? { audience: audience! } : { scopes },
    subject,
  });
};
