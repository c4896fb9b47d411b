/**
 * JSON Web Tokens (RFC 7519) in the compact form of signed ones (RFC 7515, section 7.1).
 *
 * @module
 */

import { type JsonObject, parseJson } from "../config/reader/json.ts";
import { SUBJECT_LIMIT } from "../config/route/subject.ts";

/** The signature algorithms that are accepted: RFC 7518, section 3.1, and RFC 8037, section 3.1. None is symmetric. */
export const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

/** A signature algorithm that is accepted. */
export type Algorithm = typeof ALGORITHMS[number];

/** A parsed token, of which nothing has been verified. */
export interface Jwt {
  readonly algorithm: Algorithm;
  /** The identifier of the key: RFC 7515, section 4.1.4. */
  readonly keyId: string | undefined;
  readonly claims: JsonObject;
  /** What is signed. */
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What a valid token says. */
export interface Claims {
  readonly subject: string;
  /** When the token expires, in milliseconds since 1970. */
  readonly expires: number;
  /** The pod that a Kubernetes cluster issued the token for. */
  readonly pod: string | undefined;
}

/** How far ahead the issuer's clock may be, in milliseconds: a new token may seem to be not yet valid. */
const CLOCK_SKEW_MS = 30_000;

/** Parses a token. Returns undefined if it is none, or if it demands what is not supported. */
export function parseJwt(text: string): Jwt | undefined {
  const parts = text.split(".");
  if (parts.length !== 3) return undefined;
  const [head = "", payload = "", mac = ""] = parts;
  const header = parseObject(head);
  const claims = header && parseObject(payload);
  const signature = claims && decodeBase64Url(mac);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  const algorithm = ALGORITHMS.find((each) => each === header.get("alg"));
  const keyId = header.get("kid");
  // A critical extension that is not understood: RFC 7515, section 4.1.11. None is understood here.
  if (algorithm === undefined || header.has("crit")) return undefined;
  if (keyId !== undefined && typeof keyId !== "string") return undefined;
  return { algorithm, keyId, claims, signed: new TextEncoder().encode(`${head}.${payload}`), signature };
}

/** Returns the claim `iss` of a token, which says whose keys can verify it. */
export function issuerOf({ claims }: Jwt): string | undefined {
  const issuer = claims.get("iss");
  return typeof issuer === "string" ? issuer : undefined;
}

/**
 * Checks the claims of a token whose signature has been verified: RFC 7519, section 4.1. A token without an expiry is not
 * valid: it could never be revoked.
 *
 * @param now Milliseconds since 1970.
 */
export function checkClaims(
  { claims }: Jwt,
  { issuer, audience, now }: { issuer: string; audience: string; now: number },
): Claims | undefined {
  const [subject, intended, expires, notBefore] = ["sub", "aud", "exp", "nbf"].map((name) =>
    claims.get(name)
  );
  if (claims.get("iss") !== issuer) return undefined;
  if (intended !== audience && !(Array.isArray(intended) && intended.includes(audience))) return undefined;
  if (typeof expires !== "number" || expires * 1000 <= now) return undefined;
  if (
    notBefore !== undefined && !(typeof notBefore === "number" && notBefore * 1000 <= now + CLOCK_SKEW_MS)
  ) {
    return undefined;
  }
  if (typeof subject !== "string" || subject === "" || subject.length > SUBJECT_LIMIT) return undefined;
  return { subject, expires: expires * 1000, pod: podOf(claims) };
}

/** Returns the pod's name in a token of a Kubernetes cluster: `{"kubernetes.io": {"pod": {"name": …}}}`. */
function podOf(claims: JsonObject): string | undefined {
  const bound = claims.get("kubernetes.io");
  const pod = bound instanceof Map ? bound.get("pod") : undefined;
  const name = pod instanceof Map ? pod.get("name") : undefined;
  // RFC 1123's form of a name, as Kubernetes requires.
  return typeof name === "string" && /^[a-z0-9.-]{1,253}$/.test(name) ? name : undefined;
}

function parseObject(base64Url: string): JsonObject | undefined {
  const bytes = decodeBase64Url(base64Url);
  if (bytes === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  // With JSON.parse, of two members with one name the issuer might have checked the other.
  const json = parseJson(text, "");
  if (!json.ok || json.value.duplicates.length > 0) return undefined;
  return json.value.value instanceof Map ? json.value.value : undefined;
}

/** Decodes base64url without padding, in its one spelling: RFC 7515, section 2. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text + "=".repeat((4 - text.length % 4) % 4), {
      alphabet: "base64url",
      // Bits beyond the last byte must be zero: otherwise one token would have several spellings.
      lastChunkHandling: "strict",
    });
  } catch {
    return undefined;
  }
}
