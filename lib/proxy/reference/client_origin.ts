/** The scheme and the authority under which a client reaches the proxy, for URLs in its responses. */
export interface ClientOrigin {
  readonly isSecure: boolean;
  /** The Host field's value, already validated. */
  readonly host: string;
}

/**
 * Returns the origin of a request.
 *
 * The listener itself speaks plain HTTP. A balancer that terminates TLS says so in X-Forwarded-Proto. A client can say so
 * too: nobody but itself gets the response, so it gains nothing.
 *
 * @param host The Host field's value, already validated.
 */
export function clientOrigin(host: string, fields: Pick<Headers, "get">): ClientOrigin {
  const forwarded = fields.get("x-forwarded-proto");
  return { host, isSecure: forwarded !== null && /^\s*https\s*(?:,|$)/i.test(forwarded) };
}

/**
 * Returns the authority by which the same client reaches a route.
 *
 * @param from The host of the route by which the client came; undefined: it came by a prefix.
 * @param to The host of the route to reach; undefined: it has a prefix.
 * @returns Undefined if the client may not know it: under the host of a route, no prefix is served.
 */
export function authorityFor(
  { host }: ClientOrigin,
  { from, to }: { from: string | undefined; to: string | undefined },
): string | undefined {
  if (from === to) return host;
  return to === undefined ? undefined : to + (/:[0-9]+$/.exec(host)?.[0] ?? "");
}
