/**
 * Returns the credentials of the Basic scheme: RFC 7617, section 2.
 *
 * @param pair `user:password` in Latin-1.
 * @param scheme The scheme's name, spelled as the receiver expects it.
 */
export function basicCredentials(pair: string, scheme = "Basic"): string {
  return `${scheme} ${btoa(pair)}`;
}
