import { CREDENTIAL_FIELDS, FRAMING_FIELDS, HOP_BY_HOP } from "../../http/field_names.ts";
import { checkFieldText } from "../../http/field_text.ts";
import { isToken } from "../../http/syntax.ts";
import { fail, kindOf, ok, type Reader } from "../reader/fields.ts";
import type { Json } from "../reader/json.ts";
import { memberPath } from "../reader/path.ts";
import { readObject } from "../reader/plain_fields.ts";
import type { Problem, Result } from "../../core/result.ts";

/** Header fields by their names in lower case. */
export type HeaderFields = ReadonlyMap<string, string>;

/** Reads the object of names and values of `set_headers`. */
export const readSetHeaders: Reader<HeaderFields> = (json, place) =>
  readHeaders(json, place, () => undefined);

/** Reads the object of `add_headers`. An empty value would only append a comma. */
export const readAddHeaders: Reader<HeaderFields> = (json, place) =>
  readHeaders(json, place, (value) => value === "" ? "must not be empty" : undefined);

function readHeaders(
  json: Json,
  place: string,
  fault: (value: string) => string | undefined,
): Result<HeaderFields> {
  const object = readObject(json, place);
  if (!object.ok) return object;
  const fields = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, value] of object.value) {
    const at = memberPath(place, name);
    const lower = name.toLowerCase();
    const message = nameFault(name) ?? valueFault(value) ?? fault(String(value)) ??
      (fields.has(lower) ? "stands twice, in different case" : undefined);
    if (message === undefined) fields.set(lower, String(value));
    else problems.push({ path: at, message });
  }
  return problems.length === 0 ? ok(fields) : { ok: false, problems };
}

/** Cookies are credentials too; whether they pass is the field `cookies`. */
const COOKIES: ReadonlySet<string> = new Set(["cookie", "set-cookie"]);

function nameFault(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (!isToken(name)) return "must be named as a header field is: one word, no colon";
  if (HOP_BY_HOP.has(lower)) return "must not be a field of the connection";
  if (FRAMING_FIELDS.has(lower)) return "must not be a field of the message's framing";
  if (CREDENTIAL_FIELDS.has(lower) || COOKIES.has(lower)) {
    return "must not be a field for credentials: those belong in token_env and auth_header";
  }
  return undefined;
}

function valueFault(value: Json): string | undefined {
  if (typeof value !== "string") return `must be a string, got ${kindOf(value)}`;
  return checkFieldText(value);
}

/** What is wrong between a route's `set_headers` and `add_headers`, each of which is good by itself. */
export function checkHeaders(place: string, set: HeaderFields, add: HeaderFields): readonly Problem[] {
  return [...add.keys()].filter((name) => set.has(name)).flatMap((name) =>
    fail(memberPath(`${place}.add_headers`, name), "stands in set_headers as well").problems
  );
}
