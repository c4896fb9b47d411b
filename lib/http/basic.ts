/**
 * The credentials of the Basic scheme: RFC 7617, section 2.
 *
 * @param pair `user:password`, or what stands for it, in Latin-1.
 * @param scheme The scheme's name as the receiver wants it spelled.
 */
export function basicCredentials(pair: string, scheme = "Basic"): string {
  return `${scheme} ${btoa(pair)}`;
}
