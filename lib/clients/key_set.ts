import { type JsonObject, kindOf, parseJson } from "../config/reader/json.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { type Algorithm, decodeBase64Url, type Jwt } from "./jwt.ts";

/** A public key that verifies signatures of one algorithm. */
interface VerificationKey {
  readonly id: string | undefined;
  readonly algorithm: Algorithm;
  readonly key: CryptoKey;
}

/** The maximum size of a key set, in characters. */
export const KEY_SET_LIMIT = 256 * 1024;

/** The maximum number of keys: a token without a key's identifier is tried with each. */
const COUNT_LIMIT = 32;

/** The minimum size of an RSA key, in bytes: RFC 7518, section 3.3. */
const RSA_MINIMUM = 2048 / 8;

/** The public keys of an issuer: RFC 7517, section 5. */
export class KeySet {
  readonly #keys: readonly VerificationKey[];

  private constructor(keys: readonly VerificationKey[]) {
    this.#keys = keys;
  }

  /**
   * Parses a key set. Keys for other algorithms or purposes are skipped, as section 5 demands.
   *
   * @param path The name of the set, for problems.
   */
  static async parse(text: string, path: string): Promise<Result<KeySet>> {
    if (text.length > KEY_SET_LIMIT) {
      return fail(path, "too_large", `is larger than ${KEY_SET_LIMIT / 1024} KiB`);
    }
    const json = parseJson(text, path);
    if (!json.ok) return json;
    if (json.value.duplicates.length > 0) return fail(path, "duplicate_member", "has a member twice");
    const { value } = json.value;
    const items = value instanceof Map ? value.get("keys") : undefined;
    if (!Array.isArray(items)) {
      return fail(path, "wrong_type", `must be a JSON Web Key Set, {"keys": [...]}, got ${kindOf(value)}`);
    }
    if (items.length > COUNT_LIMIT) return fail(path, "too_large", `has more than ${COUNT_LIMIT} keys`);
    if (items.some((item) => item instanceof Map && (item.has("d") || item.get("kty") === "oct"))) {
      return fail(path, "private_key", "contains a private or symmetric key; leave only public keys");
    }
    const keys: VerificationKey[] = [];
    for (const item of items) {
      const key = item instanceof Map ? await importKey(item) : undefined;
      if (key !== undefined) keys.push(key);
    }
    if (keys.length > 0) return ok(new KeySet(keys));
    return fail(path, "no_key", "contains no key for RS256 (2048 bits or more), ES256 or EdDSA (Ed25519)");
  }

  /** Reports whether a key might have signed a token. */
  knows(jwt: Jwt): boolean {
    return this.#for(jwt).length > 0;
  }

  /** Reports whether one of the keys signed a token. */
  async verifies(jwt: Jwt): Promise<boolean> {
    for (const { key } of this.#for(jwt)) {
      if (await crypto.subtle.verify(VERIFICATION[jwt.algorithm], key, jwt.signature, jwt.signed)) {
        return true;
      }
    }
    return false;
  }

  /** The algorithm is the key's as well as the token's, so that no key can be taken for another kind's: RFC 8725, section 3.1. */
  #for({ algorithm, keyId }: Jwt): readonly VerificationKey[] {
    return this.#keys.filter((key) =>
      key.algorithm === algorithm && (keyId === undefined || key.id === keyId)
    );
  }
}

const VERIFICATION: Readonly<Record<Algorithm, AlgorithmIdentifier | EcdsaParams>> = {
  RS256: "RSASSA-PKCS1-v1_5",
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: "Ed25519",
};

/** How keys of one type are imported. */
interface KeyType {
  readonly algorithm: Algorithm;
  readonly parameters: RsaHashedImportParams | EcKeyImportParams | { readonly name: "Ed25519" };
  /** The members that make up the key: RFC 7518, section 6, and RFC 8037, section 2. */
  readonly members: readonly string[];
}

/** The types of keys, by their `kty`. */
const TYPES: ReadonlyMap<unknown, KeyType> = new Map<string, KeyType>([
  ["RSA", {
    algorithm: "RS256",
    parameters: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    members: ["n", "e"],
  }],
  ["EC", {
    algorithm: "ES256",
    parameters: { name: "ECDSA", namedCurve: "P-256" },
    members: ["crv", "x", "y"],
  }],
  ["OKP", { algorithm: "EdDSA", parameters: { name: "Ed25519" }, members: ["crv", "x"] }],
]);

/** Imports a key. Returns undefined if it is for another algorithm or purpose, or invalid. */
async function importKey(jwk: JsonObject): Promise<VerificationKey | undefined> {
  const type = TYPES.get(jwk.get("kty"));
  if (type === undefined) return undefined;
  const { algorithm, parameters, members } = type;
  const [id, use, intended, operations] = ["kid", "use", "alg", "key_ops"].map((name) => jwk.get(name));
  if (id !== undefined && typeof id !== "string") return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  // RFC 9864 renames EdDSA with this curve.
  if (
    intended !== undefined && intended !== algorithm && !(algorithm === "EdDSA" && intended === "Ed25519")
  ) {
    return undefined;
  }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) {
    return undefined;
  }
  const values = ["kty", ...members].map((name) => [name, jwk.get(name)] as const);
  if (!values.every(([, value]) => typeof value === "string")) return undefined;
  if (algorithm === "RS256" && !isLargeEnough(jwk.get("n"))) return undefined;
  try {
    const key = await crypto.subtle.importKey(
      "jwk",
      Object.fromEntries(values) as JsonWebKey,
      parameters,
      false,
      ["verify"],
    );
    return { id, algorithm, key };
  } catch {
    return undefined;
  }
}

function isLargeEnough(modulus: unknown): boolean {
  const bytes = typeof modulus === "string" ? decodeBase64Url(modulus) : undefined;
  if (bytes === undefined) return false;
  const first = bytes.findIndex((byte) => byte !== 0);
  return first >= 0 && bytes.length - first >= RSA_MINIMUM;
}
