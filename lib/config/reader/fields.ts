/**
 * How an object's fields are read: from a record with one entry per field, so that a new field is a new line there.
 *
 * @module
 */

import { fail, ok, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { didYouMean } from "./did_you_mean.ts";
import type { Json, JsonObject } from "./json.ts";
import { memberPath } from "./member_path.ts";
import { isPlainName } from "./plain_name.ts";
import { type Reading, readingOf } from "./reading.ts";

/** Turns the JSON value at a path into a value of ours. */
export type Reader<Value> = (json: Json, path: string) => Result<Value>;

/** How a field is read. */
export interface FieldSpec<Value> {
  readonly read: Reader<Value>;
  /** What holds if the field is left out; undefined: it must be there. */
  readonly default: { readonly value: Value } | undefined;
  /** A field that may take this one's place, but not stand next to it. */
  readonly alternative?: string;
}

/** A field that must be there. */
export function required<Value>(read: Reader<Value>): FieldSpec<Value> {
  return { read, default: undefined };
}

/** A field that must be there unless another one is: exactly one of the two. */
export function requiredUnless<Value>(
  read: Reader<Value>,
  alternative: string,
): FieldSpec<Value | undefined> {
  return { read, default: undefined, alternative };
}

/** A field that may be left out. */
export function optional<Value, Default>(read: Reader<Value>, value: Default): FieldSpec<Value | Default> {
  return { read, default: { value } };
}

/** The fields of an object by name. */
export type FieldSpecs = Readonly<Record<string, FieldSpec<unknown>>>;

/** The values of an object that was read with these fields. */
export type FieldValues<Of extends FieldSpecs> = {
  readonly [Name in keyof Of]: Of[Name] extends FieldSpec<infer Value> ? Value : never;
};

/** Reads an object's fields. A missing, a wrong and an unknown field are each a problem of their own. */
export function readFields<Of extends FieldSpecs>(
  object: JsonObject,
  path: string,
  specs: Of,
): Reading<FieldValues<Of>> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const fieldPath = memberPath(path, name);
    const json = object.get(name);
    const alternative = spec.alternative !== undefined && object.has(spec.alternative)
      ? spec.alternative
      : undefined;
    if (json !== undefined && alternative !== undefined) {
      problems.push(
        problem(fieldPath, "exclusive_fields", `must not stand beside ${alternative}: one of the two`),
      );
    }
    const result = json !== undefined
      ? spec.read(json, fieldPath)
      : alternative !== undefined
      ? ok(undefined)
      : defaultOf(spec, fieldPath);
    if (result.ok) values[name] = result.value;
    problems.push(...problemsOf(result));
  }
  for (const name of object.keys()) {
    if (Object.hasOwn(specs, name)) continue;
    // No suggestion for a name that may be a secret either: it would show how near the two are.
    const hint = isPlainName(name) ? didYouMean(name, Object.keys(specs)) : "";
    problems.push(problem(memberPath(path, name), "unknown_field", `unknown field${hint}`));
  }
  return readingOf(values, problems);
}

function defaultOf(spec: FieldSpec<unknown>, path: string): Result<unknown> {
  return spec.default === undefined ? fail(path, "missing", "is missing") : ok(spec.default.value);
}
