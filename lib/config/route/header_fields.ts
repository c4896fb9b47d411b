import { fail, ok, okUnless, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { CREDENTIAL_FIELDS, FRAMING_FIELDS, HOP_BY_HOP, isHandshakeField } from "../../http/field_names.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { isToken } from "../../http/syntax.ts";
import type { Reader } from "../reader/fields.ts";
import { memberPath } from "../reader/member_path.ts";
import { fromString, readObject, type TextParser } from "../reader/value_readers.ts";

/** Values of header fields, by name in lower case. */
export type HeaderFields = ReadonlyMap<string, string>;

/** Reads `set_headers`. */
export const readSetHeaders: Reader<HeaderFields> = headersOf(parseValue);

/** Reads `add_headers`. Rejects empty values, which would only append a comma. */
export const readAddHeaders: Reader<HeaderFields> = headersOf((text, path) =>
  text === "" ? fail(path, "empty", "must not be empty") : parseValue(text, path)
);

function parseValue(text: string, path: string): Result<string> {
  return okUnless(checkFieldText(text, path), text);
}

function headersOf(parse: TextParser<string>): Reader<HeaderFields> {
  const readValue = fromString(parse);
  return (json, path) => {
    const object = readObject(json, path);
    if (!object.ok) return object;
    const fields = new Map<string, string>();
    const problems: Problem[] = [];
    for (const [name, value] of object.value) {
      const fieldPath = memberPath(path, name);
      const parsed = parseName(name, fieldPath);
      const result = parsed.ok ? readValue(value, fieldPath) : parsed;
      problems.push(...problemsOf(result));
      if (!parsed.ok || !result.ok) continue;
      if (fields.has(parsed.value)) {
        problems.push(
          problem(fieldPath, "duplicate_header", "is listed twice, in different case; remove one"),
        );
      } else fields.set(parsed.value, result.value);
    }
    return okUnless(problems, fields);
  };
}

/** Cookies are credentials too; the route's field `cookies` decides whether they are forwarded. */
const COOKIES: ReadonlySet<string> = new Set(["cookie", "set-cookie"]);

function parseName(text: string, path: string): Result<string> {
  const name = text.toLowerCase();
  if (!isToken(text)) {
    return fail(path, "invalid_field_name", "must be a valid header field name: one word, no colon");
  }
  if (HOP_BY_HOP.has(name)) return fail(path, "reserved_field", "must not be a connection field");
  if (FRAMING_FIELDS.has(name)) {
    return fail(path, "reserved_field", "must not be a framing field");
  }
  if (isHandshakeField(name)) {
    return fail(path, "reserved_field", "must not be a field of a WebSocket's handshake");
  }
  if (CREDENTIAL_FIELDS.has(name) || COOKIES.has(name)) {
    const message = "must not be a credential field; use token_env and auth_header";
    return fail(path, "credential_field", message);
  }
  return ok(name);
}

/** Checks that no field is in both `set_headers` and `add_headers`. */
export function checkHeaders(set: HeaderFields, add: HeaderFields, path: string): readonly Problem[] {
  return [...add.keys()].filter((name) => set.has(name)).map((name) =>
    problem(
      memberPath(`${path}.add_headers`, name),
      "duplicate_header",
      "is in set_headers as well; remove one",
    )
  );
}
