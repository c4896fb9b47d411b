import { DER, derValues } from "../../core/der.ts";
import { pemBlocks } from "./ca_file.ts";

/** The object identifiers of two extensions: RFC 5280, sections 4.2.1.6 and 4.2.1.9. */
const ALTERNATIVE_NAME = "551d11";
const BASIC_CONSTRAINTS = "551d13";

/** Kinds of a name: RFC 5280, section 4.2.1.6. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/**
 * Returns the hosts for which certificates of authorities are, in lower case. Ordinary ones are for none: such a certificate
 * was made to be a server's own, which TLS does not accept.
 *
 * @param pem A file of certificates that `parsePem` has accepted.
 */
export function authorityHosts(pem: string): readonly string[] {
  return pemBlocks(pem).flatMap((block) => hostsOf(Uint8Array.fromBase64(block)));
}

function hostsOf(certificate: Uint8Array): readonly string[] {
  const extensions = extensionsOf(certificate);
  const [constraints] = derValues(extensions.get(BASIC_CONSTRAINTS) ?? new Uint8Array()) ?? [];
  const [isAuthority] = derValues(constraints?.content ?? new Uint8Array()) ?? [];
  if (isAuthority?.tag !== DER.boolean || isAuthority.content[0] === 0) return [];
  const [names] = derValues(extensions.get(ALTERNATIVE_NAME) ?? new Uint8Array()) ?? [];
  return (derValues(names?.content ?? new Uint8Array()) ?? []).flatMap(({ tag, content }) => {
    if (tag === DNS_NAME) return [new TextDecoder().decode(content).toLowerCase()];
    return tag === IP_ADDRESS && content.length === 4 ? [content.join(".")] : [];
  });
}

/** Returns the values of a certificate's extensions by their object identifiers in hexadecimal: RFC 5280, section 4.1. */
function extensionsOf(certificate: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const inside = (bytes: Uint8Array | undefined) => (bytes && derValues(bytes)) ?? [];
  const [whole] = inside(certificate);
  const [signed] = inside(whole?.content);
  const tagged = inside(signed?.content).find(({ tag }) => tag === DER.context3);
  const [list] = inside(tagged?.content);
  for (const { content } of inside(list?.content)) {
    const parts = inside(content);
    const value = parts.find(({ tag }) => tag === DER.octets);
    if (parts[0]?.tag === DER.oid && value !== undefined) found.set(parts[0].content.toHex(), value.content);
  }
  return found;
}
