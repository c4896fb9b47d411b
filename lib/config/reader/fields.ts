/**
 * Reading the fields of a JSON object as a record of field specifications declares them, one entry per field.
 *
 * @module
 */

import { fail, ok, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import { didYouMean } from "./did_you_mean.ts";
import type { Json, JsonObject } from "./json.ts";
import { memberPath } from "./member_path.ts";
import { isPlainName } from "./plain_name.ts";
import { type Reading, readingOf } from "./reading.ts";

/** Parses the JSON value at a path. */
export type Reader<Value> = (json: Json, path: string) => Result<Value>;

/** The specification of one field. */
export interface FieldSpec<Value> {
  readonly read: Reader<Value>;
  /** The value if the field is omitted; undefined: the field is required. */
  readonly default: { readonly value: Value } | undefined;
  /** The names of fields that may be given instead of this one, but not together with it. */
  readonly alternatives?: readonly string[];
  /** What people call the field who don't know its name, in lower case with underscores. */
  readonly aliases?: readonly string[];
}

/** Specifies a field that is required. */
export function required<Value>(read: Reader<Value>): FieldSpec<Value> {
  return { read, default: undefined };
}

/** Specifies a field of which either it or one of the alternatives is required, but not both. */
export function requiredUnless<Value>(
  read: Reader<Value>,
  alternatives: readonly string[],
): FieldSpec<Value | undefined> {
  return { read, default: undefined, alternatives };
}

/** Specifies a field that may be omitted, and must be if one of the alternatives is given. */
export function optionalUnless<Value>(
  read: Reader<Value>,
  alternatives: readonly string[],
): FieldSpec<Value | undefined> {
  return { read, default: { value: undefined }, alternatives };
}

/** Specifies a field that may be omitted. */
export function optional<Value, Default>(read: Reader<Value>, value: Default): FieldSpec<Value | Default> {
  return { read, default: { value } };
}

/** Adds what people call a field who don't know its name. */
export function alsoCalled<Spec extends FieldSpec<unknown>>(spec: Spec, ...aliases: readonly string[]): Spec {
  return { ...spec, aliases };
}

/** The specifications of an object's fields, by name. */
export type FieldSpecs = Readonly<Record<string, FieldSpec<unknown>>>;

/** The values of an object's fields, by name. */
export type FieldValues<Of extends FieldSpecs> = {
  readonly [Name in keyof Of]: Of[Name] extends FieldSpec<infer Value> ? Value : never;
};

/** Reads an object's fields. Reports every missing, invalid and unknown field. */
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
    const alternative = spec.alternatives?.find((each) => object.has(each));
    if (json !== undefined && alternative !== undefined) {
      problems.push(
        problem(fieldPath, "exclusive_fields", `can't be combined with ${alternative}; remove one of them`),
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
    // No suggestion for a name that may be a secret: it would reveal what the secret is similar to.
    const hint = isPlainName(name) ? hintFor(name, specs) : "";
    problems.push(problem(memberPath(path, name), "unknown_field", `unknown field${hint}`));
  }
  return readingOf(values, problems);
}

function hintFor(name: string, specs: FieldSpecs): string {
  const lower = name.toLowerCase().replaceAll("-", "_");
  const [known] = Object.entries(specs).find(([, { aliases = [] }]) => aliases.includes(lower)) ?? [];
  return known === undefined ? didYouMean(name, Object.keys(specs)) : `; did you mean ${known}?`;
}

function defaultOf(spec: FieldSpec<unknown>, path: string): Result<unknown> {
  return spec.default === undefined ? fail(path, "missing", "is missing") : ok(spec.default.value);
}
