/**
 * Parsers of the values of clients and issuers. A client token may have been pasted into any of them by mistake, so no
 * message quotes an unrecognized value.
 *
 * @module
 */

import { fail, ok, type Result } from "../../core/result.ts";
import type { Reader } from "../reader/fields.ts";
import { kindOf } from "../reader/json.ts";
import { looksLikeKey } from "../reader/plain_name.ts";
import { fromString, listOf } from "../reader/value_readers.ts";
import type { Upstream } from "./route_config.ts";
import { parseUpstream } from "./upstream_url.ts";

const CLIENT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/;

/** Parses a client's name, which log, metrics and page show. */
export function parseClientName(text: string, path: string): Result<string> {
  if (CLIENT_NAME.test(text) && !text.split(".").some(looksLikeKey)) return ok(text);
  return fail(
    path,
    "invalid_name",
    "must be 1 to 64 letters, digits and ._@- that do not look like a key, with a letter or digit at both ends (the value is not shown)",
  );
}

/** Parses the SHA-256 of a client token. */
function parseTokenHash(text: string, path: string): Result<string> {
  if (/^[0-9A-Fa-f]{64}$/.test(text)) return ok(text.toLowerCase());
  return fail(
    path,
    "invalid_hash",
    "must be the SHA-256 of a token, 64 hexadecimal digits, as `cred-proxy token NAME` prints it (the value is not shown)",
  );
}

const readHash = fromString(parseTokenHash);
const readHashes = listOf("hash", parseTokenHash);

/** Reads the SHA-256 of a client token, or a list of several. */
export const readTokenHashes: Reader<readonly string[]> = (json, path) => {
  if (Array.isArray(json)) return readHashes(json, path);
  if (typeof json !== "string") {
    return fail(path, "wrong_type", `must be a string or an array of strings, got ${kindOf(json)}`);
  }
  const hash = readHash(json, path);
  return hash.ok ? ok([hash.value]) : hash;
};

/** RFC 3339, section 5.6, with a time zone. */
const DATE_TIME =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Parses a point in time. @returns Milliseconds since 1970. */
export function parseTime(text: string, path: string): Result<number> {
  const day = DATE_TIME.exec(text)?.[1];
  // February 30 would become March 2.
  if (day !== undefined && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) {
    return ok(Date.parse(text));
  }
  const message = "must be a time with its zone, such as 2027-01-31T18:00:00Z (the value is not shown)";
  return fail(path, "invalid_time", message);
}

/** Parses a claim's value: the issuer or the audience of a token. */
export function parseClaim(text: string, path: string): Result<string> {
  if (/^[\x21-\x7e]{1,256}$/.test(text)) return ok(text);
  return fail(path, "invalid_claim", "must be 1 to 256 visible ASCII characters (the value is not shown)");
}

/** Parses the URL of a key set. Only TLS ensures that the keys are the issuer's. */
export function parseKeySetUrl(text: string, path: string): Result<Upstream> {
  const url = parseUpstream(text, path);
  if (url.ok && url.value.scheme !== "https") {
    return fail(
      path,
      "invalid_scheme",
      "must begin with https://: over http anyone in between could replace the keys",
    );
  }
  return url;
}
