import { NEVER_FORWARDED } from "../../http/methods.ts";
import { ok, type Reader } from "../reader/fields.ts";
import { found } from "../reader/path.ts";
import { readTexts } from "../reader/plain_fields.ts";
import type { Problem } from "../../core/result.ts";

/** Methods are case-sensitive (RFC 9110, section 9.1), and those in use are upper case. */
const METHOD = /^[A-Z]+(?:-[A-Z]+)*$/;

/** Reads the methods that a route lets through. */
export const readMethods: Reader<ReadonlySet<string>> = (json, place) => {
  const texts = readTexts(json, place, "method");
  if (!texts.ok) return texts;
  const problems = texts.value.flatMap((method, index): readonly Problem[] => {
    const message = fault(method);
    return message === undefined ? [] : [{ path: `${place}[${index}]`, message }];
  });
  return problems.length === 0 ? ok(new Set(texts.value)) : { ok: false, problems };
};

function fault(method: string): string | undefined {
  if (!METHOD.test(method)) return `must be a method in upper case such as GET, ${found(method)}`;
  if (NEVER_FORWARDED.has(method)) return `must not be ${method}, which is never forwarded`;
  return undefined;
}
