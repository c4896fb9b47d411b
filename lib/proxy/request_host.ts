/** What the runtime prepends to a request's target where the request names no host. */
const OWN = /^localhost:[0-9]+$/;

/**
 * Returns the host for which a request is: the Host field's value, or in HTTP/2 the authority, which the runtime provides only
 * as a part of the URL (RFC 9113, section 8.3.1). Empty if it names none, or only the one by which the runtime calls itself,
 * since in HTTP/1.1 the field must not be missing (RFC 9112, section 3.2).
 */
export function hostOf(
  { headers, url }: { readonly headers: Pick<Headers, "get">; readonly url: string },
): string {
  const host = headers.get("host");
  if (host !== null) return host;
  const authority = /^http:\/\/([^/?#]*)/.exec(url)?.[1] ?? "";
  return OWN.test(authority) ? "" : authority;
}
