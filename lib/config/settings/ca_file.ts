import { DER, derValues } from "../../core/der.ts";
import { fail, ok, type Result } from "../../core/result.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * Parses a PEM file (RFC 7468) of certificate authorities and returns it without the text between the certificates.
 *
 * The TLS library validates the certificates, but silently skips one that is damaged, so this checks that each is
 * complete.
 */
export function parsePem(text: string, path: string): Result<string> {
  // A private key in this file is a mistake that should not go unnoticed.
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return fail(path, "private_key", "contains a private key; move it elsewhere and leave only certificates");
  }
  const blocks = pemBlocks(text);
  const begun = text.split(BEGIN).length - 1;
  if (begun === 0) {
    return fail(path, "no_certificate", `contains no ${BEGIN}; use a PEM file of certificates`);
  }
  if (begun !== blocks.length || text.split(END).length - 1 !== begun) {
    const message = "contains an incomplete certificate: its BEGIN and END lines do not match";
    return fail(path, "invalid_certificate", message);
  }
  const damaged = blocks.findIndex((block) => !isDerSequence(block));
  if (damaged >= 0) {
    return fail(path, "invalid_certificate", `contains a damaged certificate: number ${damaged + 1}`);
  }
  return ok(blocks.map((block) => `${BEGIN}\n${block.trim()}\n${END}\n`).join(""));
}

/** Returns the text between each pair of BEGIN and END lines. */
export function pemBlocks(text: string): readonly string[] {
  const pairs = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  return [...pairs].map(([, body = ""]) => body);
}

/** Reports whether base64 text is exactly one DER SEQUENCE (X.690, sections 8.1.3 and 10.1). */
function isDerSequence(base64: string): boolean {
  try {
    const values = derValues(Uint8Array.fromBase64(base64));
    return values?.length === 1 && values[0]?.tag === DER.sequence;
  } catch {
    return false;
  }
}
