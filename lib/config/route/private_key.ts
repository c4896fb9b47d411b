/**
 * RSA private keys in PEM (RFC 7468): PKCS#8, and PKCS#1 as GitHub issues them.
 *
 * No message quotes the key.
 *
 * @module
 */

import { fail, ok, type Problem, problemsOf, type Result } from "../../core/result.ts";

/** A private key as `crypto.subtle.importKey` takes it. */
export interface PrivateKey {
  /** The key in PKCS#8, DER. */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/;

/** AlgorithmIdentifier of rsaEncryption: RFC 8017, appendix A.1, with the NULL that it requires. */
const RSA_ALGORITHM = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0];

const SEQUENCE = 0x30;
const INTEGER_ZERO = [0x02, 0x01, 0x00];
const OCTET_STRING = 0x04;

/** Parses a key. An environment file may have written its line breaks as `\n`. */
export function parsePrivateKey(text: string, path: string): Result<PrivateKey> {
  const [, label, body = ""] = PEM.exec(text.replaceAll("\\n", "\n")) ?? [];
  if (label === undefined) {
    return fail(path, "invalid_private_key", "must be an RSA private key in PEM (the value is not shown)");
  }
  if (label !== "PRIVATE KEY" && label !== "RSA PRIVATE KEY") {
    const wanted = "must be an RSA private key without a passphrase: a PEM of PRIVATE KEY or RSA PRIVATE KEY";
    return fail(path, "invalid_private_key", `${wanted} (the value is not shown)`);
  }
  let der: Uint8Array<ArrayBuffer>;
  try {
    der = Uint8Array.fromBase64(body.replace(/\s/g, ""));
  } catch {
    return fail(path, "invalid_private_key", "is not valid base64 (the value is not shown)");
  }
  const pkcs8 = label === "PRIVATE KEY" ? der : wrap(der);
  return isRsaKey(pkcs8)
    ? ok({ pkcs8 })
    : fail(path, "invalid_private_key", "is damaged, or not an RSA key (the value is not shown)");
}

/** Checks a key. */
export function checkPrivateKey(text: string, path: string): readonly Problem[] {
  return problemsOf(parsePrivateKey(text, path));
}

/** Wraps a key of PKCS#1 in PKCS#8: RFC 5958, section 2. */
function wrap(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, [...INTEGER_ZERO, ...RSA_ALGORITHM, ...der(OCTET_STRING, pkcs1)]);
}

/** Encodes a value with its tag and length: X.690, sections 8.1.2 and 8.1.3. */
function der(tag: number, content: Iterable<number>): Uint8Array<ArrayBuffer> {
  const bytes = [...content];
  const { length } = bytes;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...bytes]);
}

/**
 * Reports whether bytes are a PKCS#8 key whose algorithm is RSA, and whose content is a sequence that fills it. The
 * numbers inside are left to the runtime, which refuses a key that it can't use.
 */
function isRsaKey(pkcs8: Uint8Array): boolean {
  const outer = contentOf(pkcs8, SEQUENCE);
  const head = [...INTEGER_ZERO, ...RSA_ALGORITHM];
  if (outer === undefined || !head.every((byte, at) => outer[at] === byte)) return false;
  const rest = outer.subarray(head.length);
  const inner = contentOf(rest, OCTET_STRING, true);
  const numbers = inner && contentOf(inner, SEQUENCE);
  return numbers !== undefined && numbers.length > 100;
}

/** Returns the content of a value that has a tag. Unless `open`, no bytes may follow it. */
function contentOf(bytes: Uint8Array, tag: number, open = false): Uint8Array | undefined {
  const [first, size = 0] = bytes;
  if (first !== tag) return undefined;
  const more = size < 0x80 ? 0 : size - 0x80;
  if (more > 2) return undefined;
  const length = more === 0 ? size : bytes.subarray(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = 2 + more + length;
  if (bytes.length < end || (!open && bytes.length > end)) return undefined;
  return bytes.subarray(2 + more, end);
}
