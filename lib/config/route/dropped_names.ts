/**
 * Parsers of the fields that say which of the client's fields and parameters are dropped, or forwarded against the rule.
 *
 * @module
 */

import { fail, ok, type Problem, problem, type Result } from "../../core/result.ts";
import { CREDENTIAL_PARAMETERS, foldParameter } from "../../http/credential_names.ts";
import { CREDENTIAL_FIELDS, FRAMING_FIELDS, HOP_BY_HOP, isHandshakeField } from "../../http/field_names.ts";
import type { Pattern } from "../../http/pattern.ts";
import { isToken } from "../../http/syntax.ts";
import { looksLikeKey } from "../reader/plain_name.ts";

/** Parses the name of a field to drop. */
export function parseDroppedField(text: string, path: string): Result<string> {
  const name = parseName(text, path);
  if (!name.ok || !FRAMING_FIELDS.has(name.value)) return name;
  return fail(path, "reserved_field", "must not be a framing field, which the service writes itself");
}

/**
 * Parses the name of a field to forward although services accept a credential there. The fields in which a client sends the
 * client token can't be among them.
 */
export function parseKeptField(text: string, path: string): Result<string> {
  const name = parseName(text, path);
  if (!name.ok) return name;
  if (CREDENTIAL_FIELDS.has(name.value)) {
    return fail(path, "credential_field", "must not be a field in which clients send the client token");
  }
  if (name.value === "cookie") {
    return fail(path, "credential_field", "must not be Cookie; use the field cookies");
  }
  if (HOP_BY_HOP.has(name.value) || FRAMING_FIELDS.has(name.value) || isHandshakeField(name.value)) {
    return fail(path, "reserved_field", "must not be a connection, framing or handshake field");
  }
  return name;
}

function parseName(text: string, path: string): Result<string> {
  if (isToken(text) && !looksLikeKey(text)) return ok(text.toLowerCase());
  return fail(path, "invalid_field_name", "must be the name of a header field (the value is not shown)");
}

/** Letters, digits and what separates words: all that a name needs that is compared without case and separators. */
const PARAMETER = /^[A-Za-z0-9_.$-]{0,63}[A-Za-z0-9]$/;

/** Parses the name of a parameter to drop or to forward, and returns it as `foldParameter` does. */
export function parseParameter(text: string, path: string): Result<string> {
  if (PARAMETER.test(text) && !looksLikeKey(text)) return ok(foldParameter(text));
  return fail(
    path,
    "invalid_parameter",
    "must be the name of a parameter, of letters, digits and _.$- (the value is not shown)",
  );
}

/** The route fields that are checked together. */
export interface DroppedNames {
  readonly auth_header?: string;
  readonly auth_query?: string | undefined;
  readonly drop_headers?: readonly string[];
  readonly keep_headers?: readonly string[];
  readonly drop_query?: readonly string[];
  readonly keep_query?: readonly string[];
  readonly paths?: readonly Pattern[] | undefined;
}

/** Checks that nothing is both dropped and kept, and that no pattern requires a parameter that is dropped. */
export function checkDroppedNames(values: DroppedNames, path: string): readonly Problem[] {
  const { auth_header: credential, keep_headers: keptFields = [], keep_query: kept = [], paths = [] } =
    values;
  const { drop_headers: droppedFields = [], drop_query: dropped = [] } = values;
  const own = values.auth_query === undefined ? undefined : foldParameter(values.auth_query);
  const problems: Problem[] = [];
  keptFields.forEach((name, index) => {
    const at = `${path}.keep_headers[${index}]`;
    if (name === credential?.toLowerCase()) {
      problems.push(
        problem(at, "conflict", "must not be the route's auth_header, which carries the credential"),
      );
    } else if (droppedFields.includes(name)) {
      problems.push(problem(at, "conflict", "is in drop_headers as well"));
    }
  });
  kept.forEach((name, index) => {
    const at = `${path}.keep_query[${index}]`;
    if (name === own) {
      problems.push(
        problem(at, "conflict", "must not be the route's auth_query, which carries the credential"),
      );
    } else if (dropped.includes(name)) problems.push(problem(at, "conflict", "is in drop_query as well"));
  });
  paths.forEach(({ query = "" }, index) => {
    const gone = query.slice(1).split(/[&;]/).map((each) => foldParameter(each.replace(/=.*$/s, "")))
      .some((name) =>
        name === own || dropped.includes(name) || (CREDENTIAL_PARAMETERS.has(name) && !kept.includes(name))
      );
    if (!gone) return;
    const message = "requires a parameter that is dropped, so it never matches; keep it by keep_query";
    problems.push(problem(`${path}.paths[${index}]`, "conflict", message));
  });
  return problems;
}
