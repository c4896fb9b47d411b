import type { Result } from "../../core/result.ts";

/**
 * Judge the text of a file of certificate authorities: PEM as RFC 7468 has it.
 *
 * The value is the certificates alone, without what stands between them. What is inside a certificate is for the TLS
 * library to judge; here it must only be whole, since that library passes over a broken one in silence.
 *
 * @param place The variable that names the file.
 */
export function parsePem(text: string, place = "CRED_PROXY_CA_FILE"): Result<string> {
  const message = fault(text);
  if (message !== undefined) return { ok: false, problems: [{ path: place, message }] };
  return {
    ok: true,
    value: certificates(text).map((block) => `${BEGIN}\n${block.trim()}\n${END}\n`).join(""),
  };
}

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

function certificates(text: string): readonly string[] {
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)].map((
    [, body = ""],
  ) => body);
}

function fault(text: string): string | undefined {
  // A key here lies where it should not, whoever put it there; better told than passed over.
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return "holds a private key, which does not belong there";
  }
  const blocks = certificates(text);
  const begun = text.split(BEGIN).length - 1;
  if (begun === 0) return `holds no ${BEGIN}: it is no PEM file of certificates`;
  if (begun !== blocks.length || text.split(END).length - 1 !== begun) {
    return "holds a certificate that is not whole: its BEGIN and END lines do not pair";
  }
  const broken = blocks.findIndex((block) => !isDerSequence(block));
  return broken < 0 ? undefined : `holds a certificate that is damaged: number ${broken + 1}`;
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
