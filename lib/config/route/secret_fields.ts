import { type FieldSpec, optionalUnless, type Reader, requiredUnless } from "../reader/fields.ts";
import { fromString } from "../reader/value_readers.ts";
import { parseTokenVariable } from "./credential_fields.ts";
import type { SecretKind, SecretRef } from "./secret_ref.ts";
import { parseTokenFilePath } from "./token_file.ts";

/** Returns a reader of the name of a variable that holds a secret. */
export function readVariable(kind: SecretKind): Reader<SecretRef> {
  return (json, path) => {
    const name = fromString(parseTokenVariable)(json, path);
    return name.ok ? { ok: true, value: { from: "variable", name: name.value, kind } } : name;
  };
}

/** Returns a reader of the path of a file that holds a secret. */
export function readSecretFile(kind: SecretKind): Reader<SecretRef> {
  return (json, path) => {
    const name = fromString(parseTokenFilePath)(json, path);
    return name.ok ? { ok: true, value: { from: "file", name: name.value, kind } } : name;
  };
}

/** Specifies the two fields of a secret that is required: `NAME_env` and `NAME_file`. */
export function requiredSecret<Name extends string>(
  name: Name,
  kind: SecretKind,
): Record<`${Name}_env` | `${Name}_file`, FieldSpec<SecretRef | undefined>> {
  return {
    [`${name}_env`]: requiredUnless(readVariable(kind), [`${name}_file`]),
    [`${name}_file`]: optionalUnless(readSecretFile(kind), []),
  } as Record<`${Name}_env` | `${Name}_file`, FieldSpec<SecretRef | undefined>>;
}

/** Specifies the two fields of a secret that may be omitted: `NAME_env` and `NAME_file`. */
export function optionalSecret<Name extends string>(
  name: Name,
  kind: SecretKind,
): Record<`${Name}_env` | `${Name}_file`, FieldSpec<SecretRef | undefined>> {
  return {
    [`${name}_env`]: optionalUnless(readVariable(kind), [`${name}_file`]),
    [`${name}_file`]: optionalUnless(readSecretFile(kind), []),
  } as Record<`${Name}_env` | `${Name}_file`, FieldSpec<SecretRef | undefined>>;
}
