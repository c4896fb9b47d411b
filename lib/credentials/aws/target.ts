/**
 * Request targets in the form in which AWS signs and receives them. What is signed is what is sent: a target is sent in
 * strict percent-encoding, so that it does not matter whether the service signs it as it came, or decodes it first.
 *
 * @module
 */

import { percentDecode } from "../../http/percent.ts";

/** A path and a query in strict percent-encoding, one character per byte. */
export interface SignableTarget {
  readonly path: string;
  /** Including its `?`, or empty. */
  readonly query: string;
}

/** What a service does to a path before it signs it. */
export interface PathRule {
  /** Whether it removes empty segments and dot-segments. */
  readonly isNormalized: boolean;
  /** Whether it encodes the path once more. */
  readonly isEncodedTwice: boolean;
}

/** Returns the rule of a service, by its signing name: S3 signs a path as it is. */
export function pathRule(service: string): PathRule {
  const isOrdinary = !isS3(service);
  return { isNormalized: isOrdinary, isEncodedTwice: isOrdinary };
}

/** Reports whether a service is S3 or a part of it, which have names of their own, such as `s3express`. */
export function isS3(service: string): boolean {
  return service.startsWith("s3");
}

/**
 * The parameters of a request that was signed in advance (by the client, with keys of its own), in lower case. The last
 * two are those of the older version 2.
 */
const PRESIGNED: ReadonlySet<string> = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-signedheaders",
  "x-amz-signature",
  "x-amz-security-token",
  "x-amz-s3session-token",
  "x-amz-region-set",
  "awsaccesskeyid",
  "signature",
]);

/** The parameter of version 2 whose name other requests use as well. */
const EXPIRES = "expires";

/** Returns a target in strict percent-encoding, without the signature that a client may have put into its query. */
export function signableTarget(target: string, service: string): SignableTarget {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    // To S3 a slash in a key is a slash, encoded or not.
    path: isS3(service)
      ? encodeBytes(percentDecode(path), true)
      : path.split("/").map((segment) => encodeBytes(percentDecode(segment))).join("/"),
    query: mark < 0 ? "" : signableQuery(target.slice(mark)),
  };
}

function signableQuery(query: string): string {
  // Readers differ over a parameter without a name, which means nothing.
  const parameters = query.slice(1).split("&").filter((piece) => !/^(?:=|$)/.test(piece)).map((piece) => {
    const equals = piece.indexOf("=");
    return equals < 0
      ? { name: decodeParameter(piece), value: undefined }
      : { name: decodeParameter(piece.slice(0, equals)), value: decodeParameter(piece.slice(equals + 1)) };
  });
  const names = new Set(parameters.map(({ name }) => name.toLowerCase()));
  const isVersion2 = names.has("awsaccesskeyid") || names.has("signature");
  const text = parameters.filter(({ name }) => {
    const key = name.toLowerCase();
    return !PRESIGNED.has(key) && !(isVersion2 && key === EXPIRES);
  }).map(({ name, value }) =>
    value === undefined ? encodeBytes(name) : `${encodeBytes(name)}=${encodeBytes(value)}`
  ).join("&");
  return text === "" ? "" : `?${text}`;
}

/** Decodes a name or value. A `+` becomes a space, which it means in forms, and some servers decode queries as forms. */
function decodeParameter(text: string): string {
  return percentDecode(text.replaceAll("+", " "));
}

/** Returns the path that is signed. */
export function canonicalPath(path: string, rule: PathRule): string {
  const normal = rule.isNormalized ? normalPath(path) : path;
  return rule.isEncodedTwice ? encodeBytes(normal, true) : normal;
}

function normalPath(path: string): string {
  // Nearly always true.
  if (!/\/(?:\/|\.{1,2}(?:\/|$))/.test(path)) return path;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const end = segments.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${segments.join("/")}${end}`;
}

/** Returns the query that is signed: sorted by name, then by value, each with its `=`. */
export function canonicalQuery(query: string): string {
  if (query.length < 2) return "";
  const pairs = query.slice(1).split("&").map((piece): readonly [string, string] => {
    const equals = piece.indexOf("=");
    return equals < 0 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)];
  });
  pairs.sort(([name, value], [other, second]) => compare(name, other) || compare(value, second));
  return pairs.map((pair) => pair.join("=")).join("&");
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const PLAIN = /^[A-Za-z0-9\-._~]*$/;

/** Encodes all bytes but those of unreserved characters: RFC 3986, section 2.3. */
function encodeBytes(bytes: string, keepsSlash = false): string {
  if (PLAIN.test(bytes)) return bytes;
  return bytes.replace(
    keepsSlash ? /[^A-Za-z0-9\-._~/]/g : /[^A-Za-z0-9\-._~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
