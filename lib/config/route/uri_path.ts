import { fail, ok, type Reader } from "../reader/fields.ts";
import { readString } from "../reader/plain_fields.ts";

/** `pchar` of RFC 3986, section 3.3, and the slash; without percent-encoding, so that a path has one spelling only. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/**
 * What is wrong with a path that a route names, or undefined.
 *
 * It is compared byte for byte with what the agent asks for, so anything that some party on the way might fold into
 * another path (RFC 3986, section 6.2.2) is refused rather than folded.
 */
export function checkPath(path: string): string | undefined {
  if (/[?#]/.test(path)) return "must have no query and no fragment";
  if (!path.startsWith("/")) return "must begin with /";
  if (path.includes("%")) return "must not hold %: a path is compared as it is written";
  if (!PLAIN.test(path)) return "must hold only letters, digits and -._~!$&'()*+,;=:@/";
  if (path.includes("//")) return "must not hold an empty segment (//)";
  if (path.split("/").some((segment) => segment === "." || segment === "..")) {
    return "must not hold the segments . and ..";
  }
  return undefined;
}

/** Reads a route's prefix. */
export const readPrefix: Reader<string> = (json, place) => {
  const judged = readString(json, place);
  if (!judged.ok) return judged;
  const path = judged.value;
  const fault = checkPath(path) ?? (path.endsWith("/") ? undefined : "must end with /");
  return fault === undefined ? ok(path) : fail(place, fault);
};
