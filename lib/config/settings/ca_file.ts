import { fail, ok, type Result } from "../../core/result.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * Parses the text of a file of certificate authorities: PEM (RFC 7468).
 *
 * The value is the certificates alone, without the text between them. The TLS library validates what is inside a
 * certificate; here it must only be complete, since that library silently skips a damaged one.
 */
export function parsePem(text: string, path: string): Result<string> {
  // A key does not belong here, whoever put it there; an error is better than silence.
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return fail(path, "private_key", "holds a private key; keep it elsewhere and leave only certificates");
  }
  const blocks = certificates(text);
  const begun = text.split(BEGIN).length - 1;
  if (begun === 0) {
    return fail(path, "no_certificate", `holds no ${BEGIN}: it is no PEM file of certificates`);
  }
  if (begun !== blocks.length || text.split(END).length - 1 !== begun) {
    const message = "holds an incomplete certificate: its BEGIN and END lines do not pair";
    return fail(path, "invalid_certificate", message);
  }
  const damaged = blocks.findIndex((block) => !isDerSequence(block));
  if (damaged >= 0) {
    return fail(path, "invalid_certificate", `holds a damaged certificate: number ${damaged + 1}`);
  }
  return ok(blocks.map((block) => `${BEGIN}\n${block.trim()}\n${END}\n`).join(""));
}

/** Returns what stands between the lines of each pair of BEGIN and END. */
function certificates(text: string): readonly string[] {
  const pairs = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  return [...pairs].map(([, body = ""]) => body);
}

/** Whether base64 text is one DER SEQUENCE from end to end (X.690, sections 8.1.3 and 10.1). */
function isDerSequence(base64: string): boolean {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return false;
  }
  const [tag, first] = bytes;
  if (tag !== 0x30 || first === undefined) return false;
  if (first < 0x80) return bytes.length === 2 + first;
  const size = first - 0x80;
  // 0x80 alone is the indefinite length, which DER does not have; four bytes count up to 4 GiB.
  if (size < 1 || size > 4 || bytes.length < 2 + size) return false;
  const length = bytes.subarray(2, 2 + size).reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === 2 + size + length;
}
