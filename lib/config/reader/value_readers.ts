import { fail, ok, okUnless, type Problem, problem, problemsOf, type Result } from "../../core/result.ts";
import type { Reader } from "./fields.ts";
import { gotText } from "./got_text.ts";
import { type Json, type JsonObject, kindOf } from "./json.ts";

/** Parses a string. */
export type TextParser<Value> = (text: string, path: string) => Result<Value>;

/** Reads any string. */
export const readString: Reader<string> = (json, path) =>
  typeof json === "string" ? ok(json) : fail(path, "wrong_type", `must be a string, got ${kindOf(json)}`);

/** Returns a reader that passes a string to a parser. */
export function fromString<Value>(parse: TextParser<Value>): Reader<Value> {
  return (json, path) => {
    const text = readString(json, path);
    return text.ok ? parse(text.value, path) : text;
  };
}

/** Returns a reader of one of several words. */
export function choiceOf<Choice extends string>(choices: readonly Choice[]): Reader<Choice> {
  const listed = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return fromString((text, path) => {
    const choice = choices.find((each) => each === text);
    return choice !== undefined
      ? ok(choice)
      : fail(path, "invalid_choice", `must be ${listed}, ${gotText(text)}`);
  });
}

/** Reads `true` or `false`. */
export const readBoolean: Reader<boolean> = (json, path) =>
  typeof json === "boolean"
    ? ok(json)
    : fail(path, "wrong_type", `must be true or false, got ${kindOf(json)}`);

/** Reads a boolean that is only given if it is true. */
export const readTrue: Reader<true> = (json, path) =>
  json === true ? ok(json) : fail(path, "wrong_type", "must be true, or left out");

/** Reads any object. */
export const readObject: Reader<JsonObject> = (json, path) =>
  json instanceof Map ? ok(json) : fail(path, "wrong_type", `must be an object, got ${kindOf(json)}`);

/** One day, in seconds. A longer time is most likely in the wrong unit. */
const SECONDS_LIMIT = 86_400;

/** Reads a duration in seconds, possibly fractional, and returns it in milliseconds. */
export const readSeconds: Reader<number> = (json, path) => {
  if (typeof json !== "number") {
    return fail(path, "wrong_type", `must be a number of seconds, got ${kindOf(json)}`);
  }
  if (json <= 0 || json > SECONDS_LIMIT) {
    return fail(
      path,
      "out_of_range",
      `must be more than 0 and at most ${SECONDS_LIMIT} seconds, got ${json}`,
    );
  }
  return ok(Math.max(1, Math.round(json * 1000)));
};

/** One mebibyte, in bytes. */
export const MEBIBYTE: number = 1024 * 1024;

/** One gibibyte, in mebibytes. */
const MEBIBYTES_LIMIT = 1024;

/** Reads a size in mebibytes, possibly fractional, and returns it in bytes. */
export const readMebibytes: Reader<number> = (json, path) => {
  if (typeof json !== "number") {
    return fail(path, "wrong_type", `must be a number of megabytes, got ${kindOf(json)}`);
  }
  if (json <= 0 || json > MEBIBYTES_LIMIT) {
    return fail(path, "out_of_range", `must be more than 0 and at most ${MEBIBYTES_LIMIT}, got ${json}`);
  }
  return ok(Math.max(1, Math.round(json * MEBIBYTE)));
};

/**
 * Returns a reader of an array of at least one string, without duplicates.
 *
 * @param noun The name of an item, for messages.
 */
export function listOf<Value>(noun: string, parse: TextParser<Value>): Reader<readonly Value[]> {
  const readItem = fromString(parse);
  return (json, path) => {
    if (!Array.isArray(json)) return fail(path, "wrong_type", `must be an array, got ${kindOf(json)}`);
    if (json.length === 0) return fail(path, "empty", `must contain at least one ${noun}`);
    const problems: Problem[] = [];
    const values = json.flatMap((item, index) => {
      const itemPath = `${path}[${index}]`;
      if (typeof item === "string" && json.indexOf(item) < index) {
        problems.push(problem(itemPath, "duplicate_item", "is listed twice; remove one"));
        return [];
      }
      const result = readItem(item, itemPath);
      problems.push(...problemsOf(result));
      return result.ok ? [result.value] : [];
    });
    return okUnless(problems, values);
  };
}

/** How to read the items of an array. */
export interface Items<Value> {
  /** The name of an item, for messages. */
  readonly noun: string;
  readonly read: Reader<Value>;
  /** Checks the items together, those with problems of their own included. */
  readonly check?: (items: readonly Json[], path: string) => readonly Problem[];
}

/** Reads an array of at least one item. */
export function readItems<Value>(
  json: Json,
  path: string,
  { noun, read, check }: Items<Value>,
): Result<readonly Value[]> {
  if (!Array.isArray(json)) return fail(path, "wrong_type", `must be an array, got ${kindOf(json)}`);
  if (json.length === 0) return fail(path, "empty", `must contain at least one ${noun}`);
  const results = json.map((item: Json, index) => read(item, `${path}[${index}]`));
  const problems = [...results.flatMap(problemsOf), ...check?.(json, path) ?? []];
  return okUnless(problems, results.flatMap((result) => result.ok ? [result.value] : []));
}
