import { failAll, ok, type Problem, problem } from "../../core/result.ts";
import { optional, type Reader, readFields, required, requiredUnless } from "../reader/fields.ts";
import { fromString, readItems, readObject } from "../reader/value_readers.ts";
import type { IssuerConfig } from "./route_config.ts";
import { parseClaim, parseKeySetUrl } from "./client_values.ts";
import { parseTokenFilePath } from "./token_file.ts";

/** Every field of an issuer. */
const ISSUER_FIELDS = {
  issuer: required(fromString(parseClaim)),
  audience: required(fromString(parseClaim)),
  jwks_file: requiredUnless(fromString(parseTokenFilePath), ["jwks_url"]),
  jwks_url: optional(fromString(parseKeySetUrl), undefined),
};

const readIssuer: Reader<IssuerConfig> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, ISSUER_FIELDS);
  if (!reading.ok) return failAll(reading.problems);
  const { issuer, audience, jwks_file: file, jwks_url: url } = reading.values;
  return ok({
    issuer,
    audience,
    keys: url === undefined ? { kind: "file", file: file ?? "" } : { kind: "url", url },
  });
};

/** Reads the table's issuers. */
export const readIssuers: Reader<readonly IssuerConfig[]> = (json, path) =>
  readItems(json, path, { noun: "issuer", read: readIssuer, check: checkUnique });

/** Checks that no two issuers have the same name. */
function checkUnique(items: readonly unknown[], path: string): readonly Problem[] {
  const names = items.map((item) => item instanceof Map ? item.get("issuer") : undefined);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === index) return [];
    return [
      problem(`${path}[${index}].issuer`, "duplicate_issuer", `is the same as ${path}[${first}].issuer`),
    ];
  });
}
