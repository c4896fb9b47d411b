import type { Problem, Result } from "../../core/result.ts";
import type { Json, JsonObject } from "./json.ts";
import { isPlainName, memberPath } from "./path.ts";
import { didYouMean } from "./did_you_mean.ts";

/**
 * How the fields of an object are read: a record with an entry a field, so that a new field is a new line there.
 *
 * @module
 */

/** Turns what stands at a place into a value, or says what is wrong with it. */
export type Reader<Value> = (json: Json, place: string) => Result<Value>;

/** A field of an object: how it is read, and what holds when it is left out. */
export interface Field<Value> {
  readonly read: Reader<Value>;
  /** Undefined: the field must be there. */
  readonly otherwise: { readonly value: Value } | undefined;
  /** The field that may stand in this one's place, and not beside it. */
  readonly unless?: string;
}

/** A field that must be there. */
export function required<Value>(read: Reader<Value>): Field<Value> {
  return { read, otherwise: undefined };
}

/** A field that must be there unless another one is: exactly one of the two. */
export function requiredUnless<Value>(read: Reader<Value>, other: string): Field<Value | undefined> {
  return { read, otherwise: undefined, unless: other };
}

/** A field that may be left out, and what then holds. */
export function optional<Value, Default>(read: Reader<Value>, value: Default): Field<Value | Default> {
  return { read, otherwise: { value } };
}

/** The fields of an object by their names. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What reading an object with given fields makes. */
export type Values<Of extends Fields> = {
  readonly [Name in keyof Of]: Of[Name] extends Field<infer Value> ? Value : never;
};

/** The values that could be read, and everything that is wrong: all values are there if nothing is. */
export type Reading<Of extends Fields> =
  | { readonly ok: true; readonly values: Values<Of>; readonly problems: readonly [] }
  | { readonly ok: false; readonly values: Partial<Values<Of>>; readonly problems: readonly Problem[] };

/** Read an object's fields. A missing field, a wrong one and an unknown one are each a problem of their own. */
export function readFields<Of extends Fields>(object: JsonObject, place: string, fields: Of): Reading<Of> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const at = memberPath(place, name);
    const json = object.get(name);
    const other = field.unless !== undefined && object.has(field.unless) ? field.unless : undefined;
    const judged = json === undefined ? missing(field, at, other) : field.read(json, at);
    if (json !== undefined && other !== undefined) {
      problems.push({ path: at, message: `must not stand beside ${other}: one of the two` });
    }
    if (judged.ok) values[name] = judged.value;
    else problems.push(...judged.problems);
  }
  for (const name of object.keys()) {
    if (Object.hasOwn(fields, name)) continue;
    // A name that may be a secret gets no suggestion either: that would tell how near it is.
    const hint = isPlainName(name) ? didYouMean(name, Object.keys(fields)) : "";
    problems.push({ path: memberPath(place, name), message: `unknown field${hint}` });
  }
  // Each name of `Of` has its value exactly if no problem was found.
  if (problems.length === 0) return { ok: true, values: values as Values<Of>, problems: [] };
  return { ok: false, values: values as Partial<Values<Of>>, problems };
}

function missing(field: Field<unknown>, place: string, other: string | undefined): Result<unknown> {
  if (other !== undefined) return ok(undefined);
  return field.otherwise === undefined
    ? fail(place, "is missing")
    : { ok: true, value: field.otherwise.value };
}

/** One problem. */
export function fail(place: string, message: string): { readonly ok: false; readonly problems: [Problem] } {
  return { ok: false, problems: [{ path: place, message }] };
}

/** A value that is as wanted. */
export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** What kind of value something is, for messages; the value itself may be a secret. */
export function kindOf(json: Json): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "an array";
  if (json instanceof Map) return "an object";
  return `a ${typeof json}`;
}
