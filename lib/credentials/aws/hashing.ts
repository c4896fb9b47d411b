import type { createHash, createHmac } from "node:crypto";

/** SHA-256, and HMAC with it: what a signature consists of. Texts have one byte per character. */
export interface Hashing {
  /** Returns a hash in hexadecimal. */
  sha256(text: string): string;
  /** Returns a hash that is computed piece by piece, so that a large body stops nothing else meanwhile. */
  startSha256(): RunningHash;
  hmac(key: string | Uint8Array, text: string): Uint8Array;
  /** Returns the same in hexadecimal. */
  hmacHex(key: string | Uint8Array, text: string): string;
}

/** A hash of pieces. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** Returns the hash of all pieces in hexadecimal. */
  digest(): string;
}

let loaded: Promise<Hashing> | undefined;

/**
 * Loads the runtime's synchronous hash functions. Web Crypto's take 13 us for a hash and 53 us for an HMAC, since each
 * goes through another thread; these take 2 us and 7 us. They are loaded only where something is signed: loading takes
 * 33 ms and 10 MB.
 */
export function loadHashing(): Promise<Hashing> {
  return loaded ??= import("node:crypto").then(hashingOf);
}

function hashingOf(
  crypto: { readonly createHash: typeof createHash; readonly createHmac: typeof createHmac },
): Hashing {
  const sign = (key: string | Uint8Array, text: string) =>
    crypto.createHmac("sha256", key).update(text, "latin1");
  return {
    sha256: (text) => crypto.createHash("sha256").update(text, "latin1").digest("hex"),
    startSha256() {
      const hash = crypto.createHash("sha256");
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
    },
    hmac: (key, text) => sign(key, text).digest(),
    hmacHex: (key, text) => sign(key, text).digest("hex"),
  };
}
