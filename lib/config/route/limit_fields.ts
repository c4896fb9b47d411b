import { fail, ok } from "../../core/result.ts";
import { type FieldValues, optional, type Reader } from "../reader/fields.ts";
import { kindOf } from "../reader/json.ts";
import type { RequestLimits } from "./route_config.ts";

/** The maximum of a limit. A larger one is no limit. */
const COUNT_LIMIT = 9_999_999;

/** Reads a limit. */
const readLimit: Reader<number> = (json, path) => {
  if (typeof json !== "number") return fail(path, "wrong_type", `must be a number, got ${kindOf(json)}`);
  if (Number.isInteger(json) && json >= 1 && json <= COUNT_LIMIT) return ok(json);
  return fail(path, "out_of_range", `must be a whole number from 1 to ${COUNT_LIMIT}, got ${json}`);
};

/** The fields that limit requests, which clients and routes have in common. */
export const LIMIT_FIELDS = {
  requests_per_minute: optional(readLimit, undefined),
  max_in_flight: optional(readLimit, undefined),
};

/** Returns the limits among the values of an object's fields. */
export function limitsOf(values: FieldValues<typeof LIMIT_FIELDS>): RequestLimits {
  return { requestsPerMinute: values.requests_per_minute, maxInFlight: values.max_in_flight };
}
