import type { Json, JsonObject } from "./json.ts";
import { fail, kindOf, ok, type Reader } from "./fields.ts";
import type { Problem, Result } from "../../core/result.ts";

/** Reads a string of any content. */
export const readString: Reader<string> = (json, place) =>
  typeof json === "string" ? ok(json) : fail(place, `must be a string, got ${kindOf(json)}`);

/** Reads `true` or `false`. */
export const readBoolean: Reader<boolean> = (json, place) =>
  typeof json === "boolean" ? ok(json) : fail(place, `must be true or false, got ${kindOf(json)}`);

/** Reads an object, whatever its members. */
export const readObject: Reader<JsonObject> = (json, place) =>
  json instanceof Map ? ok(json) : fail(place, `must be an object, got ${kindOf(json)}`);

/** A day. A longer time is a slip of the unit. */
const SECONDS_LIMIT = 86_400;

/** Reads a time in seconds, fractions allowed, as milliseconds. */
export const readSeconds: Reader<number> = (json, place) => {
  if (typeof json !== "number") return fail(place, `must be a number of seconds, got ${kindOf(json)}`);
  if (json <= 0 || json > SECONDS_LIMIT) {
    return fail(place, `must be more than 0 and at most ${SECONDS_LIMIT} seconds, got ${json}`);
  }
  return ok(Math.max(1, Math.round(json * 1000)));
};

/**
 * Reads an array of at least one string, none of them twice.
 *
 * @param noun What each of them is, for messages.
 */
export function readTexts(json: Json, place: string, noun: string): Result<readonly string[]> {
  if (!Array.isArray(json)) return fail(place, `must be an array, got ${kindOf(json)}`);
  if (json.length === 0) return fail(place, `must hold at least one ${noun}`);
  const problems: Problem[] = [];
  const texts = json.map((item, index) => {
    const at = `${place}[${index}]`;
    const judged = readString(item, at);
    if (!judged.ok) problems.push(...judged.problems);
    else if (json.indexOf(item) < index) problems.push({ path: at, message: "stands twice" });
    return judged.ok ? judged.value : "";
  });
  return problems.length === 0 ? ok(texts) : { ok: false, problems };
}
