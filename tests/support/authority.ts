/**
 * Certificates made at run time, so that the repository holds no private key.
 *
 * @module
 */

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A server certificate and its private key, both PEM, as `Deno.listenTls` accepts them. */
export interface Leaf {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that exists as long as the process. */
export interface Authority {
  /** The authority's own certificate, PEM, for clients to trust. */
  readonly pem: string;
  /** Issues a server certificate for DNS names and IP addresses; the first is the subject's common name. */
  issue(hosts: readonly string[]): Promise<Leaf>;
}

const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const HOUR = 3_600_000;

/**
 * Makes an authority with ECDSA P-256 keys. Leaves are separate certificates, since rustls rejects an
 * authority's own certificate as a server's (`CaUsedAsEndEntity`).
 */
export async function makeAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: "CN=Test authority",
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(hosts: readonly string[]): Promise<Leaf> {
    const own = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
    const leaf = await X509CertificateGenerator.create({
      ...validity(),
      subject: [{ CN: [hosts[0] ?? "nobody"] }],
      issuer: root.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: SIGNATURE,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          hosts.map(alternativeName),
        ),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { cert: leaf.toString("pem"), key: pem(await crypto.subtle.exportKey("pkcs8", own.privateKey)) };
  }

  return { pem: root.toString("pem"), issue };
}

/** Makes what `openssl req -x509` makes for a host: a server's certificate that is also an authority's. */
export async function makeSelfSigned(host: string): Promise<Leaf> {
  const keys = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${host}`,
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new BasicConstraintsExtension(true, undefined, true),
      new SubjectAlternativeNameExtension([alternativeName(host)]),
    ],
  });
  return {
    cert: certificate.toString("pem"),
    key: pem(await crypto.subtle.exportKey("pkcs8", keys.privateKey)),
  };
}

/** A random serial number and a day of validity, from an hour ago to allow for clock skew. */
function validity() {
  const serial = crypto.getRandomValues(new Uint8Array(8));
  serial[0] = 0x4d; // a positive number without a leading zero
  return {
    serialNumber: serial.toHex(),
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + 24 * HOUR),
  };
}

function alternativeName(value: string): JsonGeneralName {
  const address = value.includes(":") || /^[0-9.]+$/.test(value);
  return { type: address ? "ip" : "dns", value };
}

function pem(key: ArrayBuffer): string {
  const lines = new Uint8Array(key).toBase64().match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}
