/**
 * Returns what to do about a certificate that could not be verified, as the end of an error's message.
 *
 * @param reason What the TLS library says.
 * @param host The upstream's.
 */
export function trustAdvice(reason: string, host: string): string {
  // What `openssl req -x509` makes.
  if (reason.includes("CaUsedAsEndEntity")) return ` (${authorityAdvice(host)})`;
  // The second, where the file names another authority of the same name.
  if (/UnknownIssuer|BadSignature/.test(reason)) {
    return " (to trust another authority, name its file in CRED_PROXY_CA_FILE)";
  }
  return "";
}

/** Returns how to replace a server's certificate that is that of an authority: RFC 5280, section 4.2.1.9. */
export function authorityAdvice(host: string): string {
  const name = /^[0-9.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`;
  const make = "openssl req -x509 -newkey rsa:2048 -nodes -days 365";
  const authority = `${make} -subj "/CN=My authority" -keyout ca.key -out ca.pem`;
  const server = `${make} -CA ca.pem -CAkey ca.key -subj "/CN=${host}" -addext "subjectAltName=${name}" ` +
    `-addext "basicConstraints=critical,CA:FALSE" -keyout server.key -out server.pem`;
  return `the certificate of ${host} is that of an authority (CA:TRUE), which is not accepted as a server's own; ` +
    `make an authority and a certificate of it, give the server server.pem and server.key, and name ca.pem in ` +
    `CRED_PROXY_CA_FILE: ${authority} && ${server}`;
}
